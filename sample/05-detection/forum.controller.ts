import { Body, Controller, Get, Inject, Post, Query } from '@nestjs/common';
import { DetectionService, SuspiciousDetection } from 'nestapi-guard';

interface Question {
  readonly title: string;
  readonly text: string;
}

/** A forum for developers, whose questions quote the very things that attacks are made of. */
@Controller()
export class ForumController {
  private readonly questions: (Question & { readonly quotesCode: boolean })[] = [];

  constructor(@Inject(DetectionService) private readonly detection: DetectionService) {}

  /** Nothing to tune: whoever searches has no business sending SQL. */
  @Get('questions')
  find(@Query('q') wanted = '') {
    return this.questions.filter(({ title }) => title.includes(wanted));
  }

  /**
   * The false positive: `what does ' or 1=1 -- do?` is a good question here. The one field that may hold it is excluded on
   * this one route; the title, every other field and every other route are inspected as before.
   */
  @Post('questions')
  @SuspiciousDetection({ exclude: { bodyFields: ['text'] } })
  ask(@Body() { title, text }: Question) {
    // The field is not trusted, it is handled: what looks like code is stored as code, and shown as text.
    const { suspicious, threats } = this.detection.inspectValue(text);
    this.questions.push({ title, text, quotesCode: suspicious });
    return { title, quotesCode: suspicious, about: [...new Set(threats.map(({ category }) => category))] };
  }

  /** How often each detector ran and what it found: where to look before tuning anything. */
  @Get('detectors')
  detectors() {
    return this.detection.stats().filter(({ hits }) => hits > 0);
  }
}
