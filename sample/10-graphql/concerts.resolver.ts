import { NotFoundException } from '@nestjs/common';
import { Args, ID, Int, Mutation, Parent, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { ApiKeyAuth, RateLimit, RequireIp } from 'nestapi-guard';
import { Concert } from './concert';

/** The box office of a concert hall. Decorators are those of controllers, and each field has its own. */
@Resolver(() => Concert)
export class ConcertsResolver {
  private readonly program: Concert[] = [
    { id: '1', title: 'Goldberg Variations', seats: 2 },
    { id: '2', title: 'Music for 18 Musicians', seats: 120 },
  ];

  /** Public; search terms are inspected like everything else. */
  @Query(() => [Concert])
  concerts(@Args('search', { defaultValue: '' }) search: string): Concert[] {
    return this.program.filter(({ title }) => title.includes(search));
  }

  /** Two tickets a minute, so that nobody buys the hall up. */
  @Mutation(() => Concert)
  @RateLimit({ requests: 2, window: 60 })
  buyTicket(@Args('concert', { type: () => ID }) id: string): Concert {
    const concert = this.program.find((candidate) => candidate.id === id);
    if (concert === undefined || concert.seats === 0) throw new NotFoundException('No seat left');
    concert.seats--;
    return concert;
  }

  /** For the office; nullable, so that whoever may not see it gets the rest of what was asked for. */
  @Query(() => Int, { nullable: true })
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  takings(): number {
    return 48_200;
  }

  /** A field of a concert, for those at the door of the hall. */
  @ResolveField(() => [String], { nullable: true })
  @ApiKeyAuth({ headerName: 'X-Door-Key', keys: ['demo-key-of-the-door'] })
  guestList(@Parent() concert: Concert): string[] {
    return concert.id === '1' ? ['Glenn', 'Wanda'] : ['Steve'];
  }
}
