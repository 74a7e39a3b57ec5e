import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const roots = [path.resolve(import.meta.dirname, '..'), path.resolve(import.meta.dirname, '../..')];

/** Where and when figures are taken. */
export function environment() {
  const [{ model }] = os.cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    machine: `${os.cpus().length} × ${model.trim()}, ${Math.round(os.totalmem() / 2 ** 30)} GB, ${os.type()} ${os.arch()}`,
    // How busy the machine was with other things.
    load: Number(os.loadavg()[0].toFixed(1)),
    versions: {
      Node: process.versions.node,
      ...Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
      'redis-server': /v=([\d.]+)/.exec(execFileSync('redis-server', ['--version'], { encoding: 'utf8' }))[1],
    },
  };
}

const PACKAGES = [
  '@nestjs/core',
  'express',
  'fastify',
  '@nestjs/throttler',
  '@nest-lab/throttler-storage-redis',
  'rate-limiter-flexible',
  'express-rate-limit',
  'rate-limit-redis',
  'helmet',
  '@fastify/helmet',
  'maxmind',
  'ioredis',
];

function versionOf(name) {
  for (const root of roots) {
    try {
      return JSON.parse(readFileSync(path.join(root, 'node_modules', name, 'package.json'), 'utf8')).version;
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
  }
  throw new Error(`${name} is not installed`);
}
