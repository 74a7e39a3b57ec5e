import { Flag } from '../config/setting';

declare module '../config/guard-config' {
  interface GuardConfig extends SwaggerConfig {}
}

export class SwaggerConfig {
  /**
   * Where `@nestjs/swagger` is installed, documents what decorators demand in every document that `SwaggerModule` creates:
   * answers, security schemes and required headers. Default true.
   */
  @Flag()
  swagger = true;
}
