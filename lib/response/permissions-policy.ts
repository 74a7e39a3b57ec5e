import { type OptionReport } from './option-report';

const FEATURE = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const ORIGIN = /^https?:\/\/(?:\*\.)?[a-z0-9.-]+(?::\d{1,5})?$/i;
const ALLOWLIST_MEMBER = /^(?:\*|self|src|"[^"\\]+")$/;

/**
 * Reads a `permissionsPolicy` option. Every member of a text must have the shape `feature=(allowlist)`: the older
 * `feature 'none'` of Feature-Policy is what people paste by mistake. A text of several lines becomes one, as no header
 * may hold a line break.
 */
export function readPermissionsPolicy(report: OptionReport, path: string, given: unknown): string | undefined {
  if (typeof given === 'string') return readText(report, path, given);
  if (!report.isObject(path, given, 'a text, an object of features or false')) return undefined;
  const members = Object.entries(given).map(([key, allowlist]) => {
    const feature = key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    if (!FEATURE.test(feature)) report.add(`${path}.${key}`, allowlist, 'is not a feature name');
    return `${feature}=${readAllowlist(report, `${path}.${key}`, allowlist)}`;
  });
  if (members.length === 0) report.add(path, given, 'has no feature; false leaves the header out');
  return members.join(', ');
}

function readText(report: OptionReport, path: string, text: string): string {
  const members = text.split(',').map((member) => member.trim());
  for (const member of members) {
    const [, feature, allowlist] = /^([^=]*)=(.*)$/s.exec(member) ?? [];
    if (feature === undefined || !FEATURE.test(feature) || !isAllowlist(allowlist ?? '')) {
      report.add(
        path,
        text,
        `must be members like geolocation=() or camera=(self "https://a.example"), not "${member}"`,
      );
      break;
    }
  }
  return members.join(', ');
}

function isAllowlist(text: string): boolean {
  if (!/^[\x20-\x7e]*$/.test(text)) return false;
  const inner = text.startsWith('(') && text.endsWith(')') ? text.slice(1, -1).trim() : undefined;
  if (inner === undefined) return ALLOWLIST_MEMBER.test(text);
  return inner === '' || inner.split(/ +/).every((member) => ALLOWLIST_MEMBER.test(member));
}

function readAllowlist(report: OptionReport, path: string, given: unknown): string {
  if (given === 'none') return '()';
  if (given === '*') return '*';
  if (given === 'self') return '(self)';
  if (!Array.isArray(given)) {
    report.add(path, given, "must be '*', 'self', 'none' or a list of 'self', 'src' and origins");
    return '()';
  }
  const members = given.map((member: unknown, index) => {
    if (member === 'self' || member === 'src' || member === '*') return member;
    if (typeof member === 'string' && ORIGIN.test(member)) return `"${member}"`;
    const bare = String(member).replace(/['"]/g, '');
    const suggestion = ['self', 'src'].includes(bare) ? bare : undefined;
    report.add(
      `${path}[${index}]`,
      member,
      "must be 'self', 'src', '*' or an origin like https://a.example",
      suggestion,
    );
    return '';
  });
  return `(${members.join(' ')})`;
}
