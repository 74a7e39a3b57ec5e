import { createRequire } from 'node:module';
import { Inject, Injectable, type INestApplicationContext } from '@nestjs/common';
import { LiveConfig } from '../config/live-config';
import { PolicyCompiler } from '../policy/policy-compiler';
import { GuardDocumentation } from './guard-documentation.service';
import { documentRoute } from './route-documentation';

type CreateDocument = (this: unknown, app: INestApplicationContext, ...rest: unknown[]) => object;

interface SwaggerModule {
  createDocument: CreateDocument & { [COMPLETING]?: true };
}

const COMPLETING = Symbol.for('nestapi-guard:swagger');

/**
 * Has the documents of `SwaggerModule` completed. It has no place for that: metadata on a handler would keep the compiler
 * plugin of `@nestjs/swagger` from documenting what the handler returns, and securitySchemes are no metadata at all.
 */
@Injectable()
export class SwaggerHook {
  constructor(@Inject(LiveConfig) { current: config }: LiveConfig, @Inject(PolicyCompiler) compiler: PolicyCompiler) {
    const says = () => compiler.routes.some((route) => documentRoute(route).refusals.size > 0);
    if (config.swagger && says()) hook(loadSwagger());
  }
}

/** The package where it is installed; without it nothing is loaded. */
function loadSwagger(): SwaggerModule | undefined {
  for (const place of [__filename, `${process.cwd()}/`]) {
    try {
      return (createRequire(place)('@nestjs/swagger') as { SwaggerModule?: SwaggerModule }).SwaggerModule;
    } catch {
      continue;
    }
  }
  return undefined;
}

// Once per process: which application a document is of is known when it is made.
function hook(swagger: SwaggerModule | undefined): void {
  if (swagger === undefined || swagger.createDocument[COMPLETING] === true) return;
  const createDocument = swagger.createDocument;
  const completing: SwaggerModule['createDocument'] = function (app, ...rest) {
    const document = createDocument.call(this, app, ...rest);
    return documentationOf(app)?.complete(document) ?? document;
  };
  completing[COMPLETING] = true;
  swagger.createDocument = completing;
}

function documentationOf(app: INestApplicationContext): GuardDocumentation | undefined {
  try {
    return app.get(LiveConfig, { strict: false }).current.swagger
      ? app.get(GuardDocumentation, { strict: false })
      : undefined;
  } catch {
    // An application without the guard.
    return undefined;
  }
}
