import fc from 'fast-check';

/** One way to write the same path differently, or a different path that somebody may take for the same. */
type Respelling = (path: string, at: number) => string;

const insert =
  (text: string): Respelling =>
  (path, at) =>
    path.slice(0, at) + text + path.slice(at);

/** Puts something behind one of the slashes. */
const afterSlash =
  (text: string): Respelling =>
  (path, at) => {
    const slash = path.indexOf('/', at % (path.lastIndexOf('/') + 1));
    return path.slice(0, slash + 1) + text + path.slice(slash + 1);
  };

const escape =
  (upper: boolean, layers = 1): Respelling =>
  (path, at) => {
    const character = path[at] ?? '/';
    const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
    const escaped = `%${'25'.repeat(layers - 1)}${upper ? hex.toUpperCase() : hex}`;
    return path.slice(0, at) + escaped + path.slice(at + 1);
  };

const replaceSlash =
  (text: string): Respelling =>
  (path, at) => {
    const slash = path.indexOf('/', at);
    return slash < 0 ? path + text : path.slice(0, slash) + text + path.slice(slash + 1);
  };

const RESPELLINGS: readonly Respelling[] = [
  (path) => path.toUpperCase(),
  (path, at) => path.slice(0, at) + (path[at] ?? '').toUpperCase() + path.slice(at + 1),
  (path) => `${path}/`,
  (path) => `${path}//`,
  (path) => `/${path}`,
  (path) => `${path}/.`,
  (path) => `${path}/..`,
  (path) => `/static/..${path}`,
  (path) => `/static/%2e%2e${path}`,
  (path) => `/static/%2E.${path}`,
  (path) => `/static/..;${path}`,
  (path) => `/static\\..${path}`,
  (path) => `/static${path}`,
  (path) => `/.${path}`,
  (path) => `${path}.json`,
  (path) => `${path}%20`,
  (path) => `${path}%00`,
  (path) => `${path}?`,
  (path) => `${path}?/static`,
  (path) => `${path}?x=1&_method=DELETE&method=POST`,
  (path) => `${path}%3f`,
  (path) => `${path}%23`,
  (path) => `${path}#/static`,
  (path) => `${path};v=1`,
  (path) => `${path};/static`,
  (path) => `http://host${path}`,
  (path) => `http://host/static@other${path}`,
  (path) => `HTTPS://u:p@host:443${path}`,
  (path) => `http://host//static/..${path}`,
  (path) => `//static${path}`,
  (path) => `//host/static${path}`,
  afterSlash('/'),
  afterSlash('./'),
  afterSlash('x/../'),
  afterSlash('x/%2e%2e/'),
  afterSlash('.;/'),
  afterSlash('%2f'),
  replaceSlash('\\'),
  replaceSlash('%2f'),
  replaceSlash('%2F'),
  replaceSlash('%5c'),
  replaceSlash('%252f'),
  insert('%'),
  insert('%zz'),
  insert('%00'),
  insert('%c0%af'),
  insert('\u00e9'),
  insert('%E2%80%8B'),
  insert('*'),
  insert(':'),
  insert(';a=b'),
  escape(false),
  escape(true),
  escape(true, 2),
];

/** Random spellings of a path as the target of a request; the path itself about once in six times. */
export function spelling(path: string): fc.Arbitrary<string> {
  const step = fc.tuple(fc.constantFrom(...RESPELLINGS), fc.nat({ max: 40 }));
  const steps = fc.oneof(
    { weight: 2, arbitrary: fc.constant([]) },
    { weight: 6, arbitrary: fc.array(step, { minLength: 1, maxLength: 1 }) },
    { weight: 4, arbitrary: fc.array(step, { minLength: 2, maxLength: 4 }) },
  );
  return steps.map((list) =>
    list.reduce((target, [respell, at]) => respell(target, at % Math.max(1, target.length)), path),
  );
}
