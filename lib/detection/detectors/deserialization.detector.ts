import { Hint, type TextProfile } from '../scan/prefilter';
import { type Detector, type Finding, type InspectedText } from './detector';

/** Forms of serialized objects that create classes while they are read. Each has an unmistakable grammar. */
const FORMS: readonly { readonly pattern: RegExp; readonly reason: string; readonly score: number }[] = [
  { pattern: /(?:^|[^\w])(?:o|c):\+?\d{1,6}:"[\w\\]{1,120}":\d{1,6}:\{/i, reason: 'PHP object', score: 6 },
  {
    pattern: /(?:^|[^\w])a:\d{1,6}:\{(?:i:\d|s:\d{1,6}:")[^}]{0,200}(?:o|c):\d{1,6}:"/i,
    reason: 'PHP array of objects',
    score: 6,
  },
  {
    pattern: /\bro0ab[xq]|\\xac\\xed\\x00\\x05|aced0005(?:73|74|75|77|7[0-9a-f])|%ac%ed%00%05/i,
    reason: 'Java object stream',
    score: 6,
  },
  { pattern: /^(?:aaeaaad\/{2,}|\/wey|ff01)[\w+/=]{16}/i, reason: '.NET object stream', score: 6 },
  { pattern: /(?:^|[;{])e:\d{1,4}:"[\w\\]{1,80}:\w{1,60}";/i, reason: 'PHP enumeration', score: 5 },
  { pattern: /^BAh[bcou][\w+/]{12}/, reason: 'Ruby object stream', score: 5 },
  { pattern: /^gA[JNR]j[\w+/]{12}/, reason: 'Python pickle', score: 5 },
  { pattern: /^\/wEy[\w+/]{4}AAEAAAD\/|^\/wEyxBEAAQAAAP/, reason: '.NET object stream', score: 6 },
  {
    pattern:
      /!!(?:python|javax?|ruby|perl|js|com|org|sun|clojure)[./]\w|!!java\.|!ruby\/(?:object|hash|struct|array|regexp|class|module|sym|exception|string|range)|!php\/object|tag:yaml\.org,2002:(?:python|java|ruby)/i,
    reason: 'YAML type tag',
    score: 6,
  },
  { pattern: /_\$\$nd_(?:func|cc)\$\$_/i, reason: 'node-serialize function', score: 7 },
  {
    pattern: /(?:^|\n)c(?:os|posix|nt|subprocess|__builtin__|builtins|commands|sys)\n\w{1,40}\n[(pq]/i,
    reason: 'Python pickle',
    score: 6,
  },
  { pattern: /^gasv[\w+/=]{12}/i, reason: 'Python pickle', score: 4 },
  {
    pattern:
      /["'@$]type["']?\s{0,4}:\s{0,4}["'](?:com\.sun|java[x]?\.|org\.apache|com\.mchange|com\.zaxxer|ch\.qos|br\.com|oracle\.|system\.(?:windows|web|diagnostics|io|data|configuration)|l?com\.|microsoft\.)/i,
    reason: 'type name in JSON',
    score: 6,
  },
  {
    pattern:
      /<(?:java\s(?:version|class)=|object\sclass="(?:java|javax|sun)|dynamic-proxy>|sorted-set>|(?:javax?|sun|com\.sun|jdk)\.[\w.]{1,80}[\s/>]|objectdataprovider|resourcedictionary\s[^>]{0,200}xmlns:)/i,
    reason: 'object graph in XML',
    score: 6,
  },
  {
    pattern: /objectdataprovider|windowsidentity|typeconfusedelegate|losformatter|binaryformatter|typefaceconverter/i,
    reason: '.NET gadget',
    score: 5,
  },
];

const TYPE_NAME =
  /^(?:com\.sun\.|javax?\.|org\.apache\.|com\.mchange\.|com\.zaxxer\.|ch\.qos\.logback|system\.(?:windows|web|diagnostics|io|data|configuration)\.)/i;

/** Serialized objects of Java, .NET, PHP, Python, Ruby, YAML and Node inside a value. */
export class DeserializationDetector implements Detector {
  readonly name = 'deserialization';
  readonly category = 'deserialization' as const;

  concerns(profile: TextProfile): boolean {
    return profile.hintsAt(Hint.serialized);
  }

  inspect({ text, name, isName, document }: InspectedText): Finding | undefined {
    const head = text.slice(0, 20_000);
    if (isName) {
      // Tags of jsonpickle.
      return /^py\/(?:object|reduce|type|function|repr|mod|newargs\w{0,2}|state)$/.test(text)
        ? { category: this.category, score: 6, reason: 'Python object in JSON', index: 0 }
        : undefined;
    }
    if ((name === '@type' || name === '$type' || name === '@class' || name === '_class') && TYPE_NAME.test(head)) {
      return { category: this.category, score: 6, reason: 'type name of a library class', index: 0 };
    }
    for (const { pattern, reason, score } of FORMS) {
      const match = pattern.exec(head);
      if (match)
        return { category: this.category, score: document ? Math.min(score, 3) : score, reason, index: match.index };
    }
    return undefined;
  }
}
