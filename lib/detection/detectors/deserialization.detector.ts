import { constants, inflateRawSync } from 'node:zlib';
import { CharacterClass } from '../scan/character-classes';
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
    // The stream's head (Java Object Serialization Specification, section 6.4), as Latin-1 and as bytes that were no UTF-8.
    pattern: /(?:\u00ac\u00ed|\ufffd\ufffd)\0\u0005(?:[srutwxv~]|$)/,
    reason: 'Java object stream',
    score: 6,
  },
  {
    pattern: /\bro0ab[xqc]|\\xac\\xed\\x00\\x05|aced0005(?:73|74|75|77|7[0-9a-f])|%ac%ed%00%05/i,
    reason: 'Java object stream',
    score: 6,
  },
  { pattern: /^(?:aaeaaad\/{2,}|\/wey|ff01)[\w+/=]{16}/i, reason: '.NET object stream', score: 6 },
  { pattern: /(?:^|[;{])e:\d{1,4}:"[\w\\]{1,80}:\w{1,60}";/i, reason: 'PHP enumeration', score: 5 },
  { pattern: /^gA[JNR]j[\w+/]{12}/, reason: 'Python pickle', score: 5 },
  { pattern: /^\/wEy[\w+/]{4}AAEAAAD\/|^\/wEyxBEAAQAAAP/, reason: '.NET object stream', score: 6 },
  {
    pattern:
      /!!(?:python|javax?|ruby|perl|js|com|org|sun|clojure)[./]\w|!!java\.|!ruby\/(?:object|hash|struct|array|regexp|class|module|sym|exception|string|range)|!php\/object|tag:yaml\.org,2002:(?:python|java|ruby|js|php|perl)/i,
    reason: 'YAML type tag',
    score: 6,
  },
  { pattern: /_\$\$nd_(?:func|cc)\$\$_/i, reason: 'node-serialize function', score: 7 },
  { pattern: /__php_incomplete_class/i, reason: 'PHP object', score: 5 },
  {
    pattern:
      /^(?:gem::(?:installer|specfetcher|requirement|requestset|source|version|stubspecification|package(?:::\w{1,40})?|resolver(?:::\w{1,40})?)|activesupport::(?:deprecation|testcase|cache)\w{0,40}(?:::\w{1,60})?|actioncontroller::routing(?:::\w{1,40}){1,3}|net::(?:writeadapter|bufferedio)|erb)$/i,
    reason: 'Ruby class that runs code',
    score: 5,
  },
  {
    pattern:
      /(?:^|\n)[ci](?:os|posix|nt|pty|socket|shutil|runpy|timeit|types|operator|functools|subprocess|__builtin__|builtins|commands|sys)\n\w{1,40}\n[(pq.]/i,
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

/** Packages of the classes that polymorphic readers (Jackson, Fastjson, JSON-B, Json.NET) were made to create. */
const TYPE_NAME =
  /^[[l]{0,4}(?:com\.(?:sun|mchange|zaxxer|alibaba|caucho|newrelic|nqadmin|p6spy|ibatis|opensymphony|oracle|mysql|pastdev|arjuna|itextpdf)\.|javax?\.|javafx\.|sun\.|jdk\.|oracle\.|org\.(?:apache|springframework|hibernate|jboss|codehaus|h2|hsqldb|quartz|aoju|docx4j|jdom2?|eclipse|jsecurity|apereo|arrah|datanucleus|postgresql|mortbay|python|mozilla|aspectj)\.|ch\.qos\.logback|br\.com\.anteros|net\.sf\.|cn\.hutool|flex\.messaging|shaded\.|groovy\.|bsh\.|clojure\.|system\.(?:windows|web|diagnostics|io|data|configuration|management|activities|security|identitymodel|workflow|resources)\.|microsoft\.(?:visualstudio|exchange|identitymodel|web)\.)[\w.$]{2,120}/i;
/** What readers name the member that holds a type. */
const TYPE_MEMBER = /^(?:@type|\$type|@class|_class|__type|javaclass|@javatype|class|type_name|typename|json_class)$/;

/** Protocol 0 of pickle: GLOBAL module and name, arguments, REDUCE, STOP (`pickletools` of CPython names the opcodes). */
function isPickle(text: string): boolean {
  if (/^\([dl]p\d{1,3}\n/.test(text)) return true;
  return (
    /R(?:p\d{1,4}\n)?\.\s{0,4}$/.test(text.slice(-16)) &&
    /(?:^|\n)c[\w.]{1,60}\n[\w.]{1,60}\n/.test(text.slice(0, 4000))
  );
}

/** Marshal 4.8 of Ruby with an object, a class or a user-defined dump; a hash or a string alone is a session of old Rails. */
function isRubyObject(text: string): boolean {
  if (!/^BA[hg]\w[\w+/-]{8}/.test(text)) return false;
  const head = Buffer.from(text.slice(0, 400), 'base64').toString('latin1');
  return /^\u0004\u0008(?:[oUueCcm]|\[[^]{0,200}(?:[oUu]:|c[\u0006-\u0030][A-Z]))/.test(head);
}

/** What the head of a compressed value may hide. */
function judgeCompressed(text: string): string | undefined {
  if (!/^h4si[\w+/-]{12}/i.test(text)) return undefined;
  const bytes = Buffer.from(text.slice(0, 400), 'base64');
  // A plain header (RFC 1952, section 2.3); what follows is cut off, so neither its end nor its checksum is there.
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[3] !== 0) return undefined;
  try {
    const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 524_288 };
    const head = inflateRawSync(bytes.subarray(10), options).toString('latin1', 0, 64);
    if (/^\u00ac\u00ed\0\u0005/.test(head)) return 'Java object stream in gzip';
    if (/^(?:\u0080[\u0002-\u0005]|c[\w.]{1,30}\n\w{1,30}\n)/.test(head)) return 'Python pickle in gzip';
    return /^(?:o:\d{1,5}:"|a:\d{1,5}:\{)/i.test(head) ? 'PHP value in gzip' : undefined;
  } catch {
    return undefined;
  }
}

/** Serialized objects of Java, .NET, PHP, Python, Ruby, YAML and Node inside a value. */
export class DeserializationDetector implements Detector {
  readonly name = 'deserialization';
  readonly category = 'deserialization' as const;

  concerns(profile: TextProfile): boolean {
    return profile.hintsAt(Hint.serialized) || profile.hasAll(CharacterClass.control | CharacterClass.nonAscii);
  }

  inspect({ text, name, isName, document }: InspectedText): Finding | undefined {
    const head = text.slice(0, 20_000);
    if (isName) {
      // Tags of jsonpickle.
      if (/^(?:system\.windows\.data\.objectdataprovider|com\.sun\.rowset\.\w{1,40})/i.test(text))
        return { category: this.category, score: 5, reason: 'type name of a library class', index: 0 };
      return /^py\/(?:object|reduce|type|function|repr|mod|newargs\w{0,2}|state)$/.test(text)
        ? { category: this.category, score: 6, reason: 'Python object in JSON', index: 0 }
        : undefined;
    }
    if (
      TYPE_MEMBER.test(name) &&
      TYPE_NAME.test(head) &&
      !/(?:exception|error)$|^java\.(?:util\.(?!logging|jar|zip)|math|time|lang\.(?:string|integer|long|boolean|double|object|number)$)/i.test(
        head,
      )
    ) {
      return { category: this.category, score: 6, reason: 'type name of a library class', index: 0 };
    }
    if (isPickle(text)) return { category: this.category, score: 6, reason: 'Python pickle', index: 0 };
    if (isRubyObject(head)) return { category: this.category, score: 5, reason: 'Ruby object stream', index: 0 };
    const compressed = judgeCompressed(head);
    if (compressed !== undefined) return { category: this.category, score: 6, reason: compressed, index: 0 };
    for (const { pattern, reason, score } of FORMS) {
      const match = pattern.exec(head);
      if (match)
        return { category: this.category, score: document ? Math.min(score, 3) : score, reason, index: match.index };
    }
    return undefined;
  }
}
