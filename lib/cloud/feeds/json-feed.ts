import type { FeedEntry, FeedReader } from './feed';
import { JsonElements } from './json-elements';

/** Reads a feed whose members, or whose members' entries, each hold networks. */
export function jsonFeed(members: Readonly<Record<string, (element: unknown) => FeedEntry[]>>): FeedReader {
  const elements = new JsonElements();
  return {
    write: (piece) =>
      elements.write(piece).flatMap(([key, element]) => (Object.hasOwn(members, key) ? members[key]!(element) : [])),
    end: () => {
      elements.end();
      return [];
    },
  };
}
