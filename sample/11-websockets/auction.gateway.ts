import { MessageBody, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { HoneypotDetection, RateLimit, RequireIp } from 'nestapi-guard';

interface Bid {
  readonly bidder: string;
  readonly amount: number;
}

/** An auction. Messages are guarded like routes, by the address and the headers that opened their connection. */
@WebSocketGateway()
export class AuctionGateway {
  private highest: Bid = { bidder: 'nobody', amount: 0 };
  private open = true;

  /** Three bids a minute and client, however many connections it opens. */
  @SubscribeMessage('bid')
  @RateLimit({ requests: 3, window: 60 })
  bid(@MessageBody() bid: Bid) {
    if (this.open && bid.amount > this.highest.amount) this.highest = bid;
    return { event: 'highest', data: this.highest };
  }

  /** Questions to the auctioneer; a form that only robots fill in completely. */
  @SubscribeMessage('ask')
  @HoneypotDetection(['website'])
  ask(@MessageBody('text') text: string) {
    return { event: 'asked', data: text };
  }

  /** For the auctioneer's desk. */
  @SubscribeMessage('close')
  @RequireIp({ whitelist: ['10.0.0.0/8'] })
  close() {
    this.open = false;
    return { event: 'sold', data: this.highest };
  }
}
