import { Field, ID, Int, ObjectType } from '@nestjs/graphql';

@ObjectType()
export class Concert {
  @Field(() => ID)
  id!: string;

  @Field()
  title!: string;

  @Field(() => Int)
  seats!: number;
}
