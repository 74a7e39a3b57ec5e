import type { CloudProvider } from '../cloud-provider';

/** A network as a feed lists it. */
export interface FeedEntry {
  readonly prefix: string;
  /** Empty when the feed has no regions. */
  readonly region: string;
}

/** An answer that is not the feed it should be, or a feed that is not to be believed. */
export class FeedRejected extends Error {
  override readonly name = 'FeedRejected';
}

/** Reads an answer piece by piece, so that no feed, and nothing that pretends to be one, is ever in memory as a whole. */
export interface FeedReader {
  write(piece: string): readonly FeedEntry[];
  /** @throws FeedRejected when the answer ended too early. */
  end(): readonly FeedEntry[];
}

/** Where and how a provider publishes its address ranges. */
export interface CloudFeed {
  readonly provider: CloudProvider;
  readonly url: string;
  /** Finds the address of the file on the page at `url`; absent when `url` is the file itself. */
  locate?(page: string, pageUrl: URL): string;
  read(): FeedReader;
}

/** A field of an untrusted object, when it is text. */
export function textField(value: unknown, field: string): string | undefined {
  const found = (value as Readonly<Record<string, unknown>> | null)?.[field];
  return typeof found === 'string' ? found : undefined;
}

/** A field of an untrusted object, when it is a list; only its texts. */
export function textsField(value: unknown, field: string): string[] {
  const found = (value as Readonly<Record<string, unknown>> | null)?.[field];
  return Array.isArray(found) ? found.filter((entry): entry is string => typeof entry === 'string') : [];
}
