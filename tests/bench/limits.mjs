// What a namespace that is over its limits does to another one: the latency of pushes of a quiet
// namespace, from the call of the API to the client, while the other namespace (1) is silent, (2)
// sends four times what its limits allow, with clients that are refused knocking all the time, (3)
// does the same without limits. The phases take turns.
//
//     (cd tests/e2e && npm ci); node tests/bench/limits.mjs --build DIR [--seconds N] [--rounds N]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { join } from 'node:path';

const options = { build: '', seconds: 8, rounds: 3, clients: 300 };
for (let args = process.argv.slice(2); args.length; args = args.slice(2)) {
  const name = args[0].replace(/^--/, '');
  if (!(name in options)) throw new Error(`unknown option ${args[0]}`);
  options[name] = typeof options[name] === 'number' ? Number(args[1]) : args[1];
}
process.env.LP_BUILD ??= options.build;
process.env.LP_TARGET = 'direct';
const { startStack } = await import('../e2e/lib/stack.mjs');
const { Client } = await import('../e2e/lib/client.mjs');

const QUIET = '/quiet';
const NOISY = '/noisy';
const LIMITS = { limit_clients: options.clients, limit_pushes_per_second: 50, limit_bytes_per_second: 3_000_000 };
const NONE = { limit_clients: 0, limit_pushes_per_second: 0, limit_bytes_per_second: 0 };
const RATE = 200; // pushes per second of the noisy one
const TEXT = 'x'.repeat(1000);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const stack = await startStack({ connectors: 1 });
const quiet = await stack.namespace(QUIET);
const noisy = await stack.namespace(NOISY);
const where = stack.connector(1);
const load = spawn(join(options.build, 'tests/bench/wsload'), ['--port', new URL(where.url).port,
  '--namespace', NOISY, '--room', 'r', '--clients', `${options.clients}`], { stdio: ['pipe', 'pipe', 'inherit'] });
const lines = createInterface({ input: load.stdout });
await once(lines, 'line'); // ready
lines.on('line', () => {});
const receiver = new Client(where, { version: '4.8.4', namespace: QUIET, identity: { uuid: 'u1' } });
await receiver.connected();
const came = new Map();
receiver.onPush = ({ pushData: { n } }) => came.get(n)?.();

// How many pushes are answered with each status while it lasts.
async function makeNoise(signal, seen) {
  const begin = performance.now();
  for (let n = 0; !signal.aborted; n++) {
    await sleep(Math.max(begin + n * 1000 / RATE - performance.now(), 0));
    noisy.send('POST', '/api/auth/push', { room: 'r', pushData: { text: TEXT } })
      .then(({ status }) => { seen[status] = (seen[status] ?? 0) + 1; });
  }
}

async function knock(signal, seen) {
  for (let n = 0; !signal.aborted; n++) {
    const one = new Client(where, { version: '4.8.4', namespace: NOISY, identity: { uuid: `late-${n % 50}` } });
    const { type, data } = await one.first;
    seen[type === 'connect' ? 'let in' : data] = (seen[type === 'connect' ? 'let in' : data] ?? 0) + 1;
    one.close();
    await sleep(20);
  }
}

let number = 0;
async function measure(limits, ms) {
  const stop = new AbortController();
  const seen = {};
  await stack.admin.post('/api/admin/namespace/save', { key: NOISY, ...(limits ?? NONE) });
  const noise = limits ? [makeNoise(stop.signal, seen), knock(stop.signal, seen)] : [];
  if (limits) await sleep(1500); // the bucket is empty
  for (const end = performance.now() + options.seconds * 1000; performance.now() < end; await sleep(20)) {
    const n = ++number;
    const arrived = new Promise((resolve) => came.set(n, resolve));
    const begin = performance.now();
    await quiet.push(`user_u1`, { n });
    await arrived;
    came.delete(n);
    ms.push(performance.now() - begin);
  }
  stop.abort();
  await Promise.all(noise);
  // what still waits is let go, and arrives, before the next phase
  await stack.admin.post('/api/admin/namespace/save', { key: NOISY, ...NONE });
  await sleep(3000);
  return seen;
}

const quantile = (ms, q) => [...ms].sort((a, b) => a - b)[Math.floor(ms.length * q)].toFixed(1);
const phases = { silent: [null, []], 'over its limits': [LIMITS, []], 'without limits': [NONE, []] };
try {
  for (let round = 0; round < options.rounds; round++) {
    for (const [name, [limits, ms]] of Object.entries(phases))
      console.error(`round ${round + 1}, ${name}: ${JSON.stringify(await measure(limits, ms))}`);
  }
  console.log(`latency of the quiet namespace, ms, ${phases.silent[1].length} pushes a row\n`);
  console.log('| the other namespace | p50 | p99 |\n| --- | --- | --- |');
  for (const [name, [, ms]] of Object.entries(phases))
    console.log(`| ${name} | ${quantile(ms, 0.5)} | ${quantile(ms, 0.99)} |`);
} finally {
  receiver.close();
  load.stdin.end();
  await once(load, 'close');
  await stack.stop();
}
