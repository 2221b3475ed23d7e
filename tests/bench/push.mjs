// What a push costs its caller: a batch beside as many single pushes, and the latency of one
// namespace while another is at its limit, and while it lists very many clients and rooms. Rounds of
// all kinds take turns.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

import { circumstances, median, publish, readOptions, withStack } from './lib.mjs';
import { bytesOf, check, Line, message, seconds } from './push_line.mjs';

const options = readOptions({ rounds: 9, seconds: 3, build: '', only: '', write: false }, process.argv.slice(2));
const MESSAGES = 1000;
const IN_FLIGHT = [1, 4, 8, 16, 32]; // of single pushes
const LIMIT = 100; // pushes per second of the neighbour
const OFFERED = 2000; // by it
const LISTED = { clients: 100_000, rooms: 50_000 };

const basic = (user, password) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

async function admin(env, path, body) {
  const line = new Line(env.LP_WEB_URL);
  const { status, body: text } = await line.ask(
    bytesOf(path, basic(env.LP_ADMIN_USER, env.LP_ADMIN_PASSWORD), body));
  line.close();
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
}

// Makes a namespace; what is needed to push there.
async function namespace(env, key, more = {}) {
  await admin(env, '/api/admin/namespace/save', { key, auth_passwd: 'bench', ...more });
  return basic(key, 'bench');
}

// Messages per second, one request each.
async function singles(env, authorization, inFlight) {
  const requests = Array.from({ length: MESSAGES }, (_, n) => bytesOf('/api/auth/push', authorization, message(n)));
  const lines = Array.from({ length: inFlight }, () => new Line(env.LP_WEB_URL));
  const warm = bytesOf('/api/auth/push', authorization, message(0));
  await Promise.all(lines.map(async (line) => check(await line.ask(warm), 200)));
  const from = performance.now();
  await Promise.all(lines.map(async (line) => {
    while (requests.length) check(await line.ask(requests.pop()), 200);
  }));
  const rate = MESSAGES / seconds(from);
  lines.forEach((line) => line.close());
  return rate;
}

// The same in one request.
async function batch(env, authorization) {
  const request = bytesOf('/api/auth/push/batch', authorization,
    { messages: Array.from({ length: MESSAGES }, (_, n) => message(n)) });
  const line = new Line(env.LP_WEB_URL);
  check(await line.ask(bytesOf('/api/auth/push', authorization, message(0))), 200);
  const from = performance.now();
  const answer = await line.ask(request);
  const rate = MESSAGES / seconds(from);
  check(answer, 200);
  if (JSON.parse(answer.body).results.some(({ id }) => !id)) throw new Error('not all were accepted');
  line.close();
  return rate;
}

async function compareRates(env) {
  const authorization = await namespace(env, '/rates');
  const single = IN_FLIGHT.map(() => []);
  const batched = [];
  for (let i = 0; i < options.rounds; i++) {
    process.stderr.write(`\rbatch, round ${i + 1} of ${options.rounds} `);
    for (const [k, inFlight] of IN_FLIGHT.entries()) single[k].push(await singles(env, authorization, inFlight));
    batched.push(await batch(env, authorization));
  }
  const ratios = single.map((rates) => median(batched.map((rate, i) => rate / rates[i])));
  return { single: single.map(median), batch: median(batched), ratios };
}

// Milliseconds that the pushes of a namespace take, one after the other, a few ms between them.
async function latencies(env, authorization, until) {
  const line = new Line(env.LP_WEB_URL);
  const request = bytesOf('/api/auth/push', authorization, message(0));
  const times = [];
  while (performance.now() < until) {
    const from = performance.now();
    check(await line.ask(request), 200);
    times.push(performance.now() - from);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  line.close();
  return times.sort((a, b) => a - b);
}

// As if so many clients were online, each in its own room and one of the others.
const FILL = `
local B = KEYS[1]
for i = ARGV[1], ARGV[2] do
  local client, room = '/listed#u' .. i .. '#web-u' .. i, 'room' .. i % ARGV[3]
  redis.call('HSET', B .. ':clients', client, '1.1/' .. i .. '/' .. #('u' .. i))
  redis.call('HSET', B .. ':client:' .. client, 'userId', 'u' .. i, 'last_connect_time', '1')
  redis.call('SADD', B .. ':joined:' .. client, room)
  redis.call('HINCRBY', B .. ':rooms', room, 1)
  redis.call('HINCRBY', B .. ':room:' .. room .. ':users', 'u' .. i, 1)
end`;

function fill(env, key) {
  for (let from = 1; from <= LISTED.clients; from += 1000) {
    execFileSync('redis-cli', ['-p', env.LP_REDIS_PORT, 'EVAL', FILL, '1', `lp:{${key}}`, from, from + 999,
      LISTED.rooms].map(String), { stdio: ['ignore', 'ignore', 'inherit'] });
  }
}

// Runs one of push_load.mjs; adds what it counted.
async function load(env, more, counts) {
  const worker = new Worker(new URL('push_load.mjs', import.meta.url),
    { workerData: { url: env.LP_WEB_URL, ms: options.seconds * 1000, ...more } });
  const [counted] = await once(worker, 'message');
  for (const [what, n] of Object.entries(counted)) counts[what] = (counts[what] ?? 0) + n;
}

async function compareLatencies(env) {
  const own = await namespace(env, '/own');
  const listed = await namespace(env, '/listed');
  fill(env, '/listed');
  const path = '/api/auth/push';
  const limited = { limit_pushes_per_second: LIMIT };
  const neighbour = async (key, more) => ({ kind: 'neighbour', path, offered: OFFERED,
    authorization: await namespace(env, key, more) });
  const cases = [
    { name: 'nobody else', loads: [] },
    { name: `the web server alone refuses ${OFFERED} requests per s`,
      loads: [{ kind: 'neighbour', path: '/nothing', authorization: own, offered: OFFERED }] },
    { name: `the same, and a neighbour pushes ${LIMIT} per s, which is its limit`,
      loads: [{ kind: 'neighbour', path: '/nothing', authorization: own, offered: OFFERED },
        { ...await neighbour('/within', limited), offered: LIMIT }] },
    { name: `a neighbour offers ${OFFERED} pushes per s, its limit is ${LIMIT}`,
      loads: [await neighbour('/limited', limited)] },
    { name: 'the same, each with an idempotency key of its own',
      loads: [{ ...await neighbour('/keyed', limited), keyed: true }] },
    { name: `a neighbour offers ${OFFERED} pushes per s and has no limit`, loads: [await neighbour('/unlimited')] },
    { name: `${LISTED.clients} clients and ${LISTED.rooms} rooms of another are listed`,
      loads: ['clients', 'rooms'].map((what) => ({ kind: 'list', what, authorization: listed })) },
  ];
  for (const one of cases) Object.assign(one, { p50: [], p99: [], counts: {} });
  for (let i = 0; i < options.rounds; i++) {
    process.stderr.write(`\rlatency, round ${i + 1} of ${options.rounds} `);
    for (const one of cases) {
      const until = performance.now() + options.seconds * 1000;
      const [times] = await Promise.all([latencies(env, own, until),
        ...one.loads.map((more) => load(env, more, one.counts))]);
      one.p50.push(times[times.length >> 1]);
      one.p99.push(times[Math.floor(times.length * 0.99)]);
    }
  }
  process.stderr.write('\n');
  return cases;
}

function batchTable(rates) {
  return [
    '| what | messages per s | the batch against it |',
    '| --- | --- | --- |',
    ...IN_FLIGHT.map((n, i) => `| single pushes, ${n} in flight | ${Math.round(rates.single[i])} | `
      + `${rates.ratios[i].toFixed(1)} × |`),
    `| one batch | ${Math.round(rates.batch)} | |`,
    '',
  ];
}

function neighbourTable(cases) {
  const ms = (times) => `${median(times).toFixed(2)} ms`;
  const perSecond = (count) => Math.round((count ?? 0) / options.rounds / options.seconds);
  const meanwhile = ({ counts }) => [[200, 'accepted'], [429, 'refused'], [404, 'refused'], ['clients', 'clients'],
    ['rooms', 'rooms']].filter(([key]) => counts[key]).map(([key, name]) => `${perSecond(counts[key])} ${name}`).join(', ');
  return [
    '| pushes of one namespace, one at a time, while | p50 | p99 | meanwhile, per s |',
    '| --- | --- | --- | --- |',
    ...cases.map((one) => `| ${one.name} | ${ms(one.p50)} | ${ms(one.p99)} | ${meanwhile(one)} |`),
    '',
  ];
}

// One of the two parts, or both, which is what docs/PERFORMANCE.md has.
const parts = {
  batches: async (env) => batchTable(await compareRates(env)),
  neighbours: async (env) => neighbourTable(await compareLatencies(env)),
};
const wanted = Object.keys(parts).filter((name) => !options.only || options.only === name);
if (!wanted.length || (options.write && options.only)) throw new Error(`--only ${options.only}: can not be`);

await withStack(options, async (env) => {
  const lines = [
    `${MESSAGES} messages of 110 bytes to 50 rooms, nobody online, over kept connections; ${options.rounds} rounds, medians.`,
    circumstances(),
    '',
  ];
  for (const name of wanted) lines.push(...await parts[name](env));
  publish('push', lines.join('\n'), options.write);
});
