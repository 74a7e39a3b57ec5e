interface Stop {
  readonly shows: string;
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: object;
}

const QUOTED = "What does ' or 1=1 -- do in a login form?";

export const TOUR: readonly Stop[] = [
  { shows: '200, a search', path: '/questions?q=login' },
  { shows: '400, an attack on the search', path: "/questions?q=x'%20or%20'1'='1" },
  {
    shows: '201, a question in prose',
    path: '/questions',
    body: { title: 'Login', text: 'How do I select a plan from the list?' },
  },
  {
    shows: '201, a question that quotes an attack, stored as code',
    path: '/questions',
    body: { title: 'Login', text: QUOTED },
  },
  { shows: '400, the same in the title', path: '/questions', body: { title: QUOTED, text: 'See the title.' } },
  { shows: '200, what was found by which detector', path: '/detectors' },
];

/** The arguments of `curl` for a stop. */
export function curlOf({ path, body }: Stop, url: string): string {
  const data = body === undefined ? '' : `-H 'Content-Type: application/json' -d '${quote(JSON.stringify(body))}' `;
  return `${data}"${url}${path}"`;
}

/** A quote inside quotes, as a shell wants it. */
function quote(text: string): string {
  return text.replaceAll("'", `'\\''`);
}

export function guidedTour(url: string): string {
  const lines = TOUR.map((stop) => `  # ${stop.shows}\n  curl -i ${curlOf(stop, url)}`);
  return `\nListening at ${url}. Try in another terminal:\n\n${lines.join('\n\n')}\n\nCtrl+C ends it.`;
}
