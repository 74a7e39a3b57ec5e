import { measure, printRatios } from '../support/http-rounds.mjs';
const body = JSON.stringify({
  id: 1,
  items: Array.from({ length: 12 }, (_, i) => ({
    sku: `SKU-${i}`,
    name: `Product number ${i}`,
    quantity: i,
    price: i * 1.5,
  })),
});
const requests = [
  { name: 'GET /', path: '/' },
  { name: 'POST 1 KB', method: 'POST', path: '/', headers: { 'content-type': 'application/json' }, body },
];
const everything = {
  blacklist: ['203.0.113.0/24', '2001:db8:bad::/48'],
  blockedUserAgents: ['sqlmap', 'nikto'],
  emergencyWhitelist: ['192.0.2.1'],
  enableCors: true,
  corsAllowOrigins: ['https://app.example.com'],
};
/** What the module costs next to bare Nest and to @nestjs/throttler alone. */
export async function run({ quick }) {
  for (const platform of ['fastify', 'express']) {
    const app = 'nest.ts';
    const variants = [
      { name: 'bare Nest', app, args: { platform, variant: 'bare' } },
      { name: '@nestjs/throttler', app, args: { platform, variant: 'throttler' } },
      { name: 'nestapi-guard, defaults', app, args: { platform, variant: 'guarded', config: {} } },
      { name: 'nestapi-guard, everything on', app, args: { platform, variant: 'guarded', config: everything } },
    ];
    const figures = await measure({
      variants,
      requests,
      rounds: quick ? 4 : 12,
      requestsPerRound: quick ? 2000 : 5000,
    });
    printRatios(`CPU per request, ${platform}`, variants, requests, figures);
  }
}
