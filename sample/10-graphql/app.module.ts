import { ApolloDriver, type ApolloDriverConfig } from '@nestjs/apollo';
import { Module } from '@nestjs/common';
import { GraphQLModule } from '@nestjs/graphql';
import { GuardModule } from 'nestapi-guard';
import { ConcertsResolver } from './concerts.resolver';

@Module({
  imports: [
    // So that the curl lines of this sample can play other clients. In production, name your own proxies here.
    GuardModule.forRoot({ trustedProxies: ['loopback'] }),
    GraphQLModule.forRoot<ApolloDriverConfig>({
      driver: ApolloDriver,
      autoSchemaFile: true,
      includeStacktraceInErrorResponses: false,
      // Nest calls guards for field resolvers only when it is told to.
      fieldResolverEnhancers: ['guards'],
    }),
  ],
  providers: [ConcertsResolver],
})
export class AppModule {}
