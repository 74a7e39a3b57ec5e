import { setImmediate as nextTurn } from 'node:timers/promises';
import { download, downloadText } from '../network/download';
import { type CloudRanges, RangeCollector } from './cloud-ranges';
import type { CloudFeed } from './feeds/feed';

const MAX_BYTES = 20 * 1024 * 1024;
const MAX_PAGE_BYTES = 5 * 1024 * 1024;
const TOTAL_MS = 10_000;
/** How long, in milliseconds, pieces that have already arrived are worked on before requests get a turn. */
const TURN_MS = 1;
const PIECE_BYTES = 8192;

/**
 * Downloads a feed: at most 20 MB in at most 10 seconds, read piece by piece.
 *
 * @throws DownloadFailed or FeedRejected
 */
export async function downloadFeed(feed: CloudFeed, url: string, signal: AbortSignal): Promise<CloudRanges> {
  const deadline = performance.now() + TOTAL_MS;
  let address = url;
  if (feed.locate && !new URL(url).pathname.endsWith('.json')) {
    address = feed.locate(
      await downloadText(url, { maxBytes: MAX_PAGE_BYTES, timeoutMs: TOTAL_MS, signal }),
      new URL(url),
    );
  }
  const timeoutMs = Math.max(1, Math.round(deadline - performance.now()));
  return download(address, { maxBytes: MAX_BYTES, timeoutMs, signal }, async ({ body }) => {
    const collector = new RangeCollector();
    const reader = feed.read();
    const decoder = new TextDecoder();
    let turnEnds = performance.now() + TURN_MS;
    for await (const chunk of body) {
      for (let from = 0; from < chunk.byteLength; from += PIECE_BYTES) {
        const piece = decoder.decode(chunk.subarray(from, from + PIECE_BYTES), { stream: true });
        for (const entry of reader.write(piece)) collector.add(entry);
        if (performance.now() < turnEnds) continue;
        await nextTurn();
        turnEnds = performance.now() + TURN_MS;
      }
    }
    for (const entry of [...reader.write(decoder.decode()), ...reader.end()]) collector.add(entry);
    return collector.ranges(feed.provider, new Date());
  });
}
