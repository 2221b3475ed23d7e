// Each mode of the benchmark measures something: with a hundred clients and without the peers, whose
// packages only the benchmark itself installs. How fast anything was is not looked at.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';

// Rows of each mode, and columns that are above zero in the last of them.
const EXPECTED = {
  memory: [4, 'light-push', 'floor'],
  fanout: [5, 'light-push', 'floor', 'light-push / floor'],
  burst: [2, 'CPU µs per delivery', 'deliveries/s'],
  latency: [1, 'light-push', 'floor'],
  rest: [3, 'pushes/s', 'p50 ms', 'p99 ms', 'CPU µs: nginx', 'API', 'Redis', 'Redis reads per push'],
  connect: [1, 'connects/s', 'CPU µs per connect', 'of Redis'],
  ack: [2, 'acks/s, with delivery'],
  scale: [2, 'API', 'Redis', 'connectors, all', 'sum', 'fan-out, deliveries/s'],
  proxy: [2, 'CPU µs per delivery'],
};

test('every mode of the benchmark measures', { timeout: 300_000 }, () => {
  const run = new URL('run.sh', import.meta.url).pathname;
  const text = execFileSync('sh', [run, 'all', '--quick', '--no-peers', '--json', '--build', process.env.LP_BUILD],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  const results = text.trim().split('\n').map((line) => JSON.parse(line));
  assert.deepEqual(results.map(({ mode }) => mode), Object.keys(EXPECTED));
  for (const { mode, rows } of results) {
    const [count, ...columns] = EXPECTED[mode];
    assert.equal(rows.length, count, mode);
    for (const column of columns) {
      // "p50 / p99" as well
      for (const value of String(rows.at(-1)[column]).split(' / ')) assert.ok(Number(value) > 0, `${mode}: ${column} is ${value}`);
    }
  }
});
