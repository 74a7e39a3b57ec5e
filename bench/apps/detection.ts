import { DetectionEngine } from '../../lib/detection/detection-engine';
import type { InspectedRequest } from '../../lib/detection/detection.types';

/** Measures CPU time per request, in microseconds, of one engine in a process of its own. */
const { engine, rounds } = JSON.parse(process.argv[2] ?? '{}') as { engine: string; rounds: number };

const headers = {
  host: 'api.example.com',
  'user-agent':
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
  accept: 'application/json, text/plain, */*',
  'accept-language': 'en-US,en;q=0.9',
  'accept-encoding': 'gzip, deflate, br',
};

function order(items: number): object {
  const item = (id: number) => ({
    id: 1000 + id,
    sku: `AB-${id}`,
    name: 'Blue running shoes',
    description: "The runner's favourite: light, durable and comfortable.",
    price: 59.9,
    tags: ['new', 'sale'],
    url: `https://cdn.example.com/img/${id}.png`,
    createdAt: '2026-06-10T06:13:20Z',
  });
  return { order: Array.from({ length: items }, (_, id) => item(id)) };
}

const path = '/api/v1/products?page=3&limit=20&sort=price&q=blue+shoes';
const json = { method: 'POST', path: '/api/v1/orders', headers, contentType: 'application/json' };
const requests: Record<string, InspectedRequest> = {
  'plain GET': { method: 'GET', path, headers },
  '1 KB JSON': { ...json, body: order(4) },
  '10 KB JSON': { ...json, body: order(42) },
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
const inspect =
  engine === 'union' ? unionOfExpressions : (request: InspectedRequest) => guard.inspect(request).suspicious;

const figures = Object.entries(requests).map(([name, request], index) => {
  const runs = [200_000, 20_000, 2_000][index]! * rounds;
  for (let run = 0; run < runs / 4; run++) inspect(request);
  const start = process.cpuUsage();
  for (let run = 0; run < runs; run++) inspect(request);
  const { user, system } = process.cpuUsage(start);
  return [name, (user + system) / runs] as const;
});

process.send?.(Object.fromEntries(figures));
