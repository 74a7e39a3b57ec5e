import { CLOUD_PROVIDERS, CloudRule, type CloudRuleEntry, parseCloudRule } from '../../lib/cloud/cloud-provider';

describe('parseCloudRule', () => {
  it.each([
    ['AWS', { provider: 'AWS', sparedRegions: [] }],
    ['aws', { provider: 'AWS', sparedRegions: [] }],
    [' digitalocean ', { provider: 'DigitalOcean', sparedRegions: [] }],
    ['AWS:!eu-west-1', { provider: 'AWS', sparedRegions: ['eu-west-1'] }],
    ['azure:!WestEurope, !northeurope', { provider: 'Azure', sparedRegions: ['westeurope', 'northeurope'] }],
  ])('reads %p', (spec, entry) => {
    expect(parseCloudRule(spec)).toEqual(entry);
  });

  it.each<[unknown, RegExp]>([
    ['AWZ', /known are AWS, GCP, Azure, .*; did you mean "AWS"\?/],
    ['Hetzner', /known are AWS/],
    ['', /known are AWS/],
    [7, /known are AWS/],
    [null, /known are AWS/],
    ['AWS:', /must spare regions as in "AWS:!eu-west-1"/],
    ['AWS:eu-west-1', /must spare regions/],
    ['AWS:!', /must spare regions/],
    ['AWS:!eu west 1', /must spare regions/],
    ['AWS:!eu-west-1,us-east-1', /must spare regions/],
    ['Cloudflare:!eu', /the feed of Cloudflare has none/],
  ])('refuses %p', (spec, why) => {
    expect(parseCloudRule(spec)).toEqual(expect.stringMatching(why));
  });
});

describe('CloudRule', () => {
  const rule = (...specs: string[]) => new CloudRule(specs.map((spec) => parseCloudRule(spec) as CloudRuleEntry));

  it.each([
    [rule('AWS'), 'AWS', 'eu-west-1', true],
    [rule('AWS'), 'GCP', 'europe-west1', false],
    [rule('AWS:!eu-west-1'), 'AWS', 'eu-west-1', false],
    [rule('AWS:!eu-west-1'), 'AWS', 'us-east-1', true],
    [rule('AWS:!eu-west-1'), 'AWS', '', true],
    [rule('AWS:!eu-west-1', 'AWS:!us-east-1'), 'AWS', 'us-east-1', false],
    [rule('AWS:!eu-west-1', 'GCP'), 'GCP', 'eu-west-1', true],
    [rule(...CLOUD_PROVIDERS), 'Vultr', '', true],
    [rule(), 'AWS', '', false],
  ] as const)('%# decides by provider and region', (compiled, provider, region, matches) => {
    expect(compiled.matches({ provider, region })).toBe(matches);
  });
});
