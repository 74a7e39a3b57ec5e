import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { exercise, exerciseTools, hasDecoratorMetadata } from './exercise';

async function main(): Promise<void> {
  exerciseTools();
  for (const adapter of [new ExpressAdapter(), new FastifyAdapter()]) await exercise(adapter);
  console.log(`served and refused, ${hasDecoratorMetadata() ? 'with' : 'without'} decorator metadata`);
}

void main();
