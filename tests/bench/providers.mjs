// How many requests to a push provider one worker gets answered on one connection, and what they
// cost it. The provider is the tests' stand-in of APNs in this process, which checks headers and
// payload of each request, and each signature the first time it sees it; it is the slower side.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { makeCredentials, Providers } from '../e2e/lib/providers.mjs';
import { circumstances, median, publish, readOptions } from './lib.mjs';

const options = readOptions({ requests: 50000, rounds: 5, build: '', write: false }, process.argv.slice(2));
if (!options.build) throw new Error('--build DIR: a finished build tree');

async function round(credentials) {
  const providers = await new Providers(credentials).listen();
  providers.remember = new Set();
  const settings = { ...providers.settings, provider_concurrency: 500 };
  const child = spawn(join(options.build, 'tests/e2e/provider-send'),
    Object.entries(settings).map(([name, value]) => `${name}=${value}`), { stdio: ['pipe', 'pipe', 'inherit'] });
  const before = process.cpuUsage();
  const { apns } = providers.entries;
  child.stdin.end(`${JSON.stringify({
    nsp: '/demo', id: '17', room: 'r', pushData: { apsData: { alert: 'hello', badge: 1 } }, entry: apns.name,
    apns_list: [apns], count: options.requests,
  })}\n`);
  let result;
  for await (const line of createInterface({ input: child.stdout })) result = JSON.parse(line);
  const used = process.cpuUsage(before);
  if (result.delivered !== options.requests || providers.problems.length || providers.sessions.length !== 1)
    throw new Error(`${JSON.stringify(result)} ${providers.problems[0]} ${providers.sessions.length} connections`);
  await providers.close();
  return {
    rate: options.requests / result.ms * 1000,
    worker: result.cpu * 1000 / options.requests,
    standIn: (used.user + used.system) / options.requests,
  };
}

const dir = mkdtempSync(join(tmpdir(), 'light-push-bench-'));
try {
  const credentials = makeCredentials(dir);
  const rounds = [];
  for (let i = 0; i < options.rounds; i++) rounds.push(await round(credentials));
  const middle = (name, digits) => median(rounds.map((one) => one[name])).toFixed(digits);
  publish('providers', `${circumstances()} ${options.requests} requests, median of ${options.rounds} rounds.

| requests/s on one connection | CPU of the worker each | CPU of the stand-in each |
| --- | --- | --- |
| ${middle('rate', 0)} | ${middle('worker', 1)} µs | ${middle('standIn', 0)} µs |
`, options.write);
} finally {
  rmSync(dir, { recursive: true });
}
