import { Injectable } from '@nestjs/common';

/** A line of a supplier's file, by the names of its columns. */
export type Row = Readonly<Record<string, string>>;

/** What the shop sells. Stands for its database. */
@Injectable()
export class Catalogue {
  readonly products: Row[] = [];

  add(product: Row): void {
    this.products.push(product);
  }
}
