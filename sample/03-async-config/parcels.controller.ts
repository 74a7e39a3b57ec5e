import { Controller, Get, NotFoundException, Param } from '@nestjs/common';

const STATUS = new Map([
  ['CH-4711', 'in transit'],
  ['CH-4712', 'delivered'],
]);

/** Where is my parcel? */
@Controller('parcels')
export class ParcelsController {
  @Get(':number')
  track(@Param('number') number: string) {
    const status = STATUS.get(number);
    if (status === undefined) throw new NotFoundException();
    return { number, status };
  }
}
