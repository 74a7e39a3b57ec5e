import type { HttpServer } from '@nestjs/common';

/** Tells when the application turns on the CORS of its framework, by `app.enableCors()` or by `{ cors: true }`. */
export function onEnableCors(adapter: HttpServer, told: () => void): void {
  const target = adapter as { enableCors?: (...args: unknown[]) => unknown };
  const enableCors = target.enableCors?.bind(adapter);
  if (enableCors === undefined) return;
  target.enableCors = (...args) => {
    told();
    return enableCors(...args);
  };
}
