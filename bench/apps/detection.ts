import { DetectionEngine } from '../../lib/detection/detection-engine';
import type { InspectedRequest } from '../../lib/detection/detection.types';
import { takeTurns } from '../support/cpu-time';

/** Sends nanoseconds per harmless request, by request and engine. */
const { rounds } = JSON.parse(process.argv[2]!) as { rounds: number };

const headers = {
  host: 'api.example.com',
  'user-agent':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
  accept: 'application/json, text/plain, */*',
  'accept-language': 'en-US,en;q=0.9',
  'accept-encoding': 'gzip, deflate, br',
};

function order(number: number, items: number): object {
  const item = (id: number) => ({
    id: 1000 + id,
    sku: `AB-${number}-${id}`,
    name: 'Blue running shoes',
    description: "The runner's favourite: light, durable and comfortable.",
    price: 59.9,
    tags: ['new', 'sale'],
    url: `https://cdn.example.com/img/${number}/${id}.png`,
    createdAt: '2026-06-10T06:13:20Z',
  });
  return { number, items: Array.from({ length: items }, (_, id) => item(id)) };
}

const get = (number: number): InspectedRequest => ({
  method: 'GET',
  path: `/api/v1/products?page=${number}&limit=20&sort=price&q=blue+shoes+${number}`,
  headers,
});
const post =
  (items: number) =>
  (number: number): InspectedRequest => ({
    method: 'POST',
    path: `/api/v1/customers/${number}/orders`,
    headers,
    contentType: 'application/json',
    body: order(number, items),
  });

/** No two in a row are the same, as an engine remembers what it has read. */
const requests: Record<string, InspectedRequest[]> = {
  'plain GET': Array.from({ length: 4096 }, (_, number) => get(number)),
  '1 KB JSON': Array.from({ length: 1024 }, (_, number) => post(4)(number)),
  '10 KB JSON': Array.from({ length: 128 }, (_, number) => post(42)(number)),
  '50 KB JSON': Array.from({ length: 32 }, (_, number) => post(205)(number)),
};

/** What is usually built instead: one expression after the other over every value, the whole path and the serialized body. */
const UNION = [
  /(?:union\s+(?:all\s+)?select|insert\s+into|delete\s+from|drop\s+table|or\s+\d+\s*=\s*\d+|--\s|;\s*exec)/i,
  /<script[^>]*>|javascript:|on\w+\s*=|<iframe|<svg|document\.cookie|alert\s*\(/i,
  /(?:\.\.\/|\.\.\\|%2e%2e)/i,
  /(?:;|\||&&|`|\$\()\s*(?:cat|ls|id|whoami|curl|wget|nc|bash|sh|ping|sleep)\b/i,
  /(?:file|gopher|dict|php|data|expect):\/\//i,
  /\{\{.*\}\}|\$\{.*\}|<%.*%>/,
  /<!(?:DOCTYPE|ENTITY)/i,
  /\$(?:ne|gt|lt|where|regex)\b/,
  /(?:eval|system|exec|passthru|popen)\s*\(/i,
  /etc\/passwd|win\.ini|boot\.ini|\.env\b|\.git\//i,
  /\*\)\(|\(\|\(|\(&\(/,
  /\r\n[\w-]+:/,
];

function unionOfExpressions(request: InspectedRequest): boolean {
  const texts = [request.path, ...Object.values(request.headers).map(String)];
  if (request.body !== undefined) texts.push(JSON.stringify(request.body));
  return texts.some((text) => UNION.some((expression) => expression.test(decode(text))));
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const guard = new DetectionEngine();

const figures = Object.entries(requests).map(([name, ring]) => {
  for (const { suspicious, truncated } of ring.map((request) => guard.inspect(request))) {
    if (suspicious || truncated !== undefined) throw new Error(`${name} is not read as a harmless request`);
  }
  const engines = {
    'nestapi-guard': (turn: number) => guard.inspect(ring[turn % ring.length]!).suspicious,
    'a union of twelve regular expressions': (turn: number) => unionOfExpressions(ring[turn % ring.length]!),
  };
  return [name, takeTurns(engines, rounds)] as const;
});

process.send?.(Object.fromEntries(figures));
