import { Inject, Injectable } from '@nestjs/common';
import { type EventRequest, GuardEvents } from 'nestapi-guard';

/** What has happened lately, in a line each; an application would page somebody. */
@Injectable()
export class Alarm {
  readonly lines: string[] = [];

  constructor(@Inject(GuardEvents) events: GuardEvents) {
    events.on('limited', ({ request, evidence }) => this.add(`${who(request)} reached ${evidence.requests} requests`));
    events.on('threat', ({ mode, reason, request, evidence }) =>
      this.add(`${who(request)} sent ${reason} in ${evidence.threats[0]?.path} (${mode})`),
    );
    events.on('banned', ({ target, reason }) => this.add(`${target} is banned: ${reason}`));
    events.on('degraded', ({ subject, reason }) => this.add(`${subject} is degraded: ${reason}`));
    events.on('recovered', ({ subject }) => this.add(`${subject} works again`));
  }

  private add(line: string): void {
    this.lines.push(line);
    if (this.lines.length > 100) this.lines.shift();
  }
}

const who = ({ ip, route }: EventRequest) => `${ip} at ${route}`;
