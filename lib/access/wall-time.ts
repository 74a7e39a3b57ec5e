const MINUTE = 60_000;
const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

/** What a clock on the wall shows. */
export interface WallTime {
  /** Minutes since midnight. */
  readonly minute: number;
  /** 0 is Sunday. */
  readonly day: number;
}

/** The clock on the wall of one time zone. */
export class ZoneClock {
  private readonly format: Intl.DateTimeFormat;
  private minuteOfEpoch = NaN;
  private shown: WallTime = { minute: 0, day: 0 };

  /** @throws RangeError for a zone that the IANA database does not have. */
  constructor(zone: string) {
    // With `hour12: false`, en-US writes 24:05 after midnight; h23 does not.
    this.format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      hour: '2-digit',
      minute: '2-digit',
      weekday: 'short',
    });
  }

  /** Formatting costs microseconds, so once per minute: no zone of today is off by a fraction of one. */
  at(epoch: number): WallTime {
    const minuteOfEpoch = Math.floor(epoch / MINUTE);
    if (minuteOfEpoch !== this.minuteOfEpoch) {
      this.shown = this.read(minuteOfEpoch * MINUTE);
      this.minuteOfEpoch = minuteOfEpoch;
    }
    return this.shown;
  }

  private read(epoch: number): WallTime {
    let [hour, minute, day] = [0, 0, 0];
    for (const { type, value } of this.format.formatToParts(epoch)) {
      if (type === 'hour') hour = Number(value);
      else if (type === 'minute') minute = Number(value);
      else if (type === 'weekday') day = WEEKDAYS.indexOf(value);
    }
    return { minute: hour * 60 + minute, day };
  }
}
