import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule } from '@nestjs/swagger';

/** Nothing in here is about protection: the decorators are documented by themselves. */
export function describeApi(app: INestApplication) {
  return SwaggerModule.createDocument(app, new DocumentBuilder().setTitle('Partner API').setVersion('2').build());
}
