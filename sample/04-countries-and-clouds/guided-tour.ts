interface Stop {
  readonly shows: string;
  /** Where the client of this stop is. */
  readonly from: string;
  /** The rest of the arguments of curl, with `$url` for where the application listens. */
  readonly curl: string;
}

const SWITZERLAND = '195.186.1.1';
const BRITAIN = '81.2.69.160';
const NORTH_KOREA = '175.45.176.1';
const AWS_VIRGINIA = '52.1.2.3';
const AWS_IRELAND = '3.248.1.1';
const GOOGLE_CLOUD = '34.0.1.1';

export const TOUR: readonly Stop[] = [
  { shows: '200, prices in francs', from: SWITZERLAND, curl: '$url/prices' },
  { shows: '403, a blocked country', from: NORTH_KOREA, curl: '$url/prices' },
  { shows: '403, no clearance sale for Britain', from: BRITAIN, curl: '$url/prices/clearance' },
  { shows: '200, the ballot is for Switzerland', from: SWITZERLAND, curl: '$url/ballot' },
  { shows: '403, and for nobody else', from: BRITAIN, curl: '$url/ballot' },
  { shows: '200, a private address has no country', from: '10.0.0.1', curl: '$url/ballot' },
  { shows: '403, Google Cloud is blocked everywhere', from: GOOGLE_CLOUD, curl: '$url/prices' },
  { shows: '200, Amazon is not', from: AWS_VIRGINIA, curl: '$url/prices' },
  { shows: '403, though it cannot sign up', from: AWS_VIRGINIA, curl: '-X POST $url/sign-up' },
  { shows: '201, except from Ireland', from: AWS_IRELAND, curl: '-X POST $url/sign-up' },
  { shows: '200, all that is known of an address', from: AWS_IRELAND, curl: '$url/whoami' },
  { shows: '200, how old the sources are', from: BRITAIN, curl: '$url/whoami/sources' },
];

export const curlOf = ({ from, curl }: Stop, url: string) =>
  `-H 'X-Forwarded-For: ${from}' ${curl.replaceAll('$url', url)}`;

export function guidedTour(url: string): string {
  const lines = TOUR.map((stop) => `  # ${stop.shows}\n  curl -i ${curlOf(stop, url)}`);
  return `\nListening at ${url}. Try in another terminal:\n\n${lines.join('\n\n')}\n\nCtrl+C ends it.`;
}
