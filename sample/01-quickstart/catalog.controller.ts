import { Body, Controller, Get, NotFoundException, Param, ParseIntPipe, Post } from '@nestjs/common';
import { ApiKeyAuth, BlockUserAgents, MaxRequestSize, RateLimit, RequireIp } from 'nestapi-guard';

interface Book {
  readonly id: number;
  readonly title: string;
  readonly stock: number;
}

const BOOKS: Book[] = [
  { id: 1, title: 'The Art of Doing Science and Engineering', stock: 4 },
  { id: 2, title: 'A Pattern Language', stock: 0 },
  { id: 3, title: 'The Design of Everyday Things', stock: 9 },
];

/** Public: the rules of the configuration and nothing else. */
@Controller('books')
export class BooksController {
  @Get()
  list(): readonly Book[] {
    return BOOKS;
  }

  @Get(':id')
  find(@Param('id', ParseIntPipe) id: number): Book {
    const book = BOOKS.find((candidate) => candidate.id === id);
    if (book === undefined) throw new NotFoundException();
    return book;
  }
}

/** Limited: three orders a minute, of at most 1 KB each, and not by scripts. */
@Controller('orders')
export class OrdersController {
  @Post()
  @RateLimit({ requests: 3, window: 60 })
  @MaxRequestSize(1024)
  @BlockUserAgents([/^python-requests\//, 'scrapy'])
  order(@Body() order: { bookId?: number }) {
    return { ordered: order.bookId ?? null };
  }
}

/** Restricted to the office network. */
@Controller('reports')
@RequireIp({ whitelist: ['10.0.0.0/8'] })
export class ReportsController {
  @Get('stock')
  stock() {
    return BOOKS.map(({ title, stock }) => ({ title, stock }));
  }
}

/** For administrators: a key, and few tries to guess it. */
@Controller('admin')
@ApiKeyAuth({ headerName: 'X-API-Key', keys: ['demo-key-of-the-quickstart'] })
@RateLimit({ requests: 20, window: 60 })
export class AdminController {
  @Get('users')
  users() {
    return [{ name: 'ada', role: 'admin' }];
  }
}
