interface Stop {
  readonly shows: string;
  /** The arguments of curl, with `$url` for where the application listens. */
  readonly curl: string;
}

const html = `-H 'Content-Type: application/json' -d '{"title":"Hello","html":"<script>alert(1)</script>"}' $url/articles`;

export const TOUR: readonly Stop[] = [
  {
    shows: '201, an editor pastes a script: let through, and remembered',
    curl: `-H 'X-Forwarded-For: 198.51.100.1' ${html}`,
  },
  { shows: '201, another one', curl: `-H 'X-Forwarded-For: 198.51.100.2' ${html}` },
  {
    shows: '200 and 429, the fourth of three requests a minute',
    curl: '$url/articles $url/articles $url/articles $url/articles',
  },
  { shows: '200, what would have been refused, and how to silence it', curl: '$url/rehearsal' },
  { shows: '200, what happened, as events', curl: '$url/alarms' },
  { shows: '200, the same in numbers', curl: '$url/metrics' },
  { shows: '200, and how the module is', curl: '$url/health' },
  { shows: '403, for everybody else', curl: `-H 'X-Forwarded-For: 198.51.100.1' $url/metrics` },
];

export const curlOf = ({ curl }: Stop, url: string) => curl.replaceAll('$url', url);

export function guidedTour(url: string): string {
  const lines = TOUR.map((stop) => `  # ${stop.shows}\n  curl -i ${curlOf(stop, url)}`);
  return `\nListening at ${url}. Try in another terminal:\n\n${lines.join('\n\n')}\n\nCtrl+C ends it, with the rehearsal in the log.`;
}
