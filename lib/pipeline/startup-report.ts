import { Inject, Injectable, Logger } from '@nestjs/common';
import { CONFIG_SECTIONS, type ConfigSection } from '../config/config-section';
import { LiveConfig } from '../config/live-config';
import { configWarnings } from '../config/resolve-config';
import { PolicyCompiler } from '../policy/policy-compiler';

/** Says once, at start-up, what is accepted and yet deserves a look: suspicious settings, decorators without effect, bypasses. */
@Injectable()
export class StartupReport {
  private readonly logger = new Logger('NestapiGuard');

  constructor(
    @Inject(LiveConfig) private readonly live: LiveConfig,
    @Inject(CONFIG_SECTIONS) private readonly sections: readonly ConfigSection[],
    @Inject(PolicyCompiler) private readonly compiler: PolicyCompiler,
  ) {}

  write(): void {
    const warnings = [...configWarnings(this.sections, this.live.current), ...this.compiler.warnings()];
    for (const { code, path, message } of warnings) {
      this.logger.warn(`${code} ${path} ${message} (docs/errors.md#${code.toLowerCase()})`);
    }
    for (const route of this.compiler.routes) {
      if (route.bypassed.size > 0) this.logger.log(`${route.name} bypasses ${[...route.bypassed].join(', ')}`);
    }
  }
}
