import { Module } from '@nestjs/common';
import { GuardModule } from 'nestapi-guard';
import { ForumController } from './forum.controller';

@Module({
  imports: [GuardModule.forRoot({ enableIpBanning: false })],
  controllers: [ForumController],
})
export class AppModule {}
