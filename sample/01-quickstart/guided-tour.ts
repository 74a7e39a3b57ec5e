export interface Stop {
  readonly shows: string;
  /** The statuses of the same request sent again and again. */
  readonly statuses: readonly number[];
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: object;
}

/** What there is to see, in an order in which one stop does not spoil the next. */
export const TOUR: readonly Stop[] = [
  { shows: 'served, with security headers and the rate limit', statuses: [200], path: '/books' },
  {
    shows: 'the address is blacklisted',
    statuses: [403],
    path: '/books',
    headers: { 'X-Forwarded-For': '203.0.113.9' },
  },
  {
    shows: 'a blocked user agent, even where there is no route',
    statuses: [403],
    path: '/nowhere',
    headers: { 'User-Agent': 'sqlmap/1.8' },
  },
  { shows: 'an SQL injection', statuses: [400], path: "/books?q=1'%20OR%20'1'='1" },
  { shows: 'prose that only reads like SQL', statuses: [200], path: '/books?q=select+a+book+from+the+list' },
  { shows: 'reports are for 10.0.0.0/8', statuses: [403], path: '/reports/stock' },
  {
    shows: 'served to the office',
    statuses: [200],
    path: '/reports/stock',
    headers: { 'X-Forwarded-For': '10.1.2.3' },
  },
  { shows: 'no key', statuses: [401], path: '/admin/users' },
  {
    shows: 'served with the key',
    statuses: [200],
    path: '/admin/users',
    headers: { 'X-API-Key': 'demo-key-of-the-quickstart' },
  },
  {
    shows: 'three orders a minute: the fourth is told when to come back',
    statuses: [201, 201, 201, 429],
    path: '/orders',
    headers: { 'Content-Type': 'application/json' },
    body: { bookId: 1 },
  },
];

export function guidedTour(url: string): string {
  const stops = TOUR.map((stop) => `  # ${stop.statuses.join(', ')}: ${stop.shows}\n  ${curl(stop, url)}`);
  const end = 'Each refusal is a line of this log. Ctrl+C ends it.';
  return `\nProtected, in memory, at ${url}. Try in another terminal:\n\n${stops.join('\n\n')}\n\n${end}\n`;
}

function curl({ path, headers = {}, body }: Stop, url: string): string {
  const fields = Object.entries(headers).map(([name, value]) => `-H '${name}: ${value}'`);
  const data = body === undefined ? [] : [`-d '${JSON.stringify(body)}'`];
  return ['curl -i', ...fields, ...data, `"${url}${path}"`].join(' ');
}
