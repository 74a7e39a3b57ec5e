import type { Server } from 'node:http';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { GuardConfigError } from '../config/config-problem';
import { attachGateways, type GatewayHost } from '../platform/gateway-servers';
import type { Framework } from '../platform/http-entrance';
import { attachFramework, plainFramework } from '../platform/http-framework';
import { attachServer } from '../platform/http-server';
import { PolicyCompiler } from '../policy/policy-compiler';
import { Door } from './door';
import { ResponseHeaders } from './response-headers';
import { ResponseModifier } from './response-modifier';
import { StartupReport } from './startup-report';

const guardedApplications = new WeakSet<ModulesContainer>();

/** Attaches the door to the application's HTTP server while the application starts. */
@Injectable()
export class Pipeline implements OnModuleInit {
  private framework: Framework | undefined;

  constructor(
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Inject(ModulesContainer) modules: ModulesContainer,
    @Inject(ApplicationConfig) applicationConfig: ApplicationConfig,
    @Inject(PolicyCompiler) private readonly compiler: PolicyCompiler,
    @Inject(Door) private readonly door: Door,
    @Inject(StartupReport) private readonly startupReport: StartupReport,
    @Inject(ResponseHeaders) responseHeaders: ResponseHeaders,
    @Inject(ResponseModifier) responseModifier: ResponseModifier,
  ) {
    if (guardedApplications.has(modules)) {
      const message = 'is imported twice, and every guard would run twice; import it once, in the root module';
      throw new GuardConfigError([{ path: 'GuardModule', message }], 'GUARD_MODULE_IMPORTED_TWICE');
    }
    guardedApplications.add(modules);
    host.init$.subscribe(() => {
      // Microservices and application contexts come here without an adapter, or not at all.
      if ((host.httpAdapter as unknown) === null || host.httpAdapter === undefined) return;
      responseHeaders.watchFramework(host.httpAdapter);
      responseModifier.attach(host.httpAdapter);
      this.framework = attachFramework(host.httpAdapter, door);
    });
    attachGateways(applicationConfig, () => this.gatewayHost(), door);
  }

  onModuleInit(): void {
    this.compiler.recompile();
    this.startupReport.write();
    if (this.framework === undefined) return;
    attachServer(this.host.httpAdapter.getHttpServer() as Server, this.framework, this.door);
  }

  private gatewayHost(): GatewayHost {
    const { framework, host } = this;
    if (framework === undefined) return { framework: plainFramework(this.door), httpServer: undefined };
    return { framework, httpServer: host.httpAdapter.getHttpServer() as unknown };
  }
}
