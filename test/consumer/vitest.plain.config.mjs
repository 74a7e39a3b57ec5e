// Without a plugin, by Vite 8, which reads experimentalDecorators and emitDecoratorMetadata from tsconfig.json.
import { defineConfig } from 'vitest/config';

export default defineConfig({ test: { globals: true, include: ['test/*.spec.ts'] } });
