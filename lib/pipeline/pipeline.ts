import type { Server } from 'node:http';
import { Inject, Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { GuardConfigError } from '../config/config-problem';
import { attachGateways } from '../platform/gateway-servers';
import { attachFramework, type Framework } from '../platform/http-entrance';
import { attachServer } from '../platform/http-server';
import { PolicyCompiler } from '../policy/policy-compiler';
import { Door } from './door';

const guardedApplications = new WeakSet<ModulesContainer>();

/** Attaches the door to the application's HTTP server while the application starts. */
@Injectable()
export class Pipeline implements OnModuleInit {
  private readonly logger = new Logger('NestapiGuard');
  private framework: Framework | undefined;

  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(ApplicationConfig) applicationConfig: ApplicationConfig,
    @Inject(PolicyCompiler) private readonly compiler: PolicyCompiler,
    @Inject(Door) private readonly door: Door,
  ) {
    if (guardedApplications.has(modules)) {
      const message = 'is imported twice, and every guard would run twice; import it once, in the root module';
      throw new GuardConfigError([{ path: 'GuardModule', message }], 'GUARD_MODULE_IMPORTED_TWICE');
    }
    guardedApplications.add(modules);
    // A microservice has no HTTP adapter and never emits.
    host.init$.subscribe(() => {
      const { httpAdapter } = host;
      this.framework = attachFramework(httpAdapter, door);
      attachGateways(applicationConfig, () => httpAdapter.getHttpServer() as unknown, this.framework, door);
    });
  }

  onModuleInit(): void {
    this.compiler.recompile();
    this.report();
    if (this.framework === undefined) return;
    attachServer(this.host.httpAdapter.getHttpServer() as Server, this.framework, this.door);
  }

  private report(): void {
    for (const method of this.compiler.stray) {
      this.logger.warn(`GUARD_DECORATOR_WITHOUT_HANDLER ${method} is no handler: its guard decorators protect nothing`);
    }
    for (const route of this.compiler.routes) {
      if (route.bypassed.size > 0) this.logger.log(`${route.name} bypasses ${[...route.bypassed].join(', ')}`);
    }
  }
}
