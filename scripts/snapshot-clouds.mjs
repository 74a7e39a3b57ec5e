#!/usr/bin/env node
// A release step: downloads the feeds of all cloud providers and writes snapshots/cloud-ranges-<date>.jsonl, which is packed
// into the tarball, so that cloud rules hold on a machine that has never reached a feed. The repository carries none.
// CLOUD_FEED_URLS, a JSON object of provider and address, replaces feeds by mirrors.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';

const root = path.join(import.meta.dirname, '..');
const require = createRequire(import.meta.url);
if (!existsSync(path.join(root, 'dist/cloud'))) {
  console.error('Build the library first: npm run build');
  process.exit(1);
}
const { CLOUD_FEEDS } = require('../dist/cloud/feeds/index.js');
const { downloadFeed } = require('../dist/cloud/feed-download.js');
const { PACKAGED_SNAPSHOTS, writeSnapshot } = require('../dist/cloud/cloud-snapshot.js');

const mirrors = JSON.parse(process.env.CLOUD_FEED_URLS ?? '{}');
const ranges = [];
const failures = [];
for (const [provider, feed] of Object.entries(CLOUD_FEEDS)) {
  try {
    const found = await downloadFeed(feed, mirrors[provider] ?? feed.url, new AbortController().signal);
    console.log(`${provider}: ${found.size} networks, ${found.regions.length} regions`);
    ranges.push(found);
  } catch (error) {
    failures.push(`${provider}: ${error.message}`);
  }
}
if (failures.length > 0) {
  console.error(`No snapshot was written, a release must know every provider:\n  ${failures.join('\n  ')}`);
  process.exit(1);
}

const name = `cloud-ranges-${new Date().toISOString().slice(0, 10)}.jsonl`;
await writeSnapshot(path.join(PACKAGED_SNAPSHOTS, name), ranges);
for (const file of readdirSync(PACKAGED_SNAPSHOTS)) {
  if (file !== name) rmSync(path.join(PACKAGED_SNAPSHOTS, file));
}
console.log(`Written: ${path.relative(root, path.join(PACKAGED_SNAPSHOTS, name))}`);
