// Very many clients connect at once, each with a joinRoom: what that costs the connector in CPU until
// every joinRoom is answered, which is when presence is written.
import { join } from 'node:path';

import { call, circumstances, cpuOf, Lines, median, publish, readOptions, withStack } from './lib.mjs';

const options = readOptions({ clients: 10000, rounds: 5, build: '', write: false }, process.argv.slice(2));
const ROOM = 'bench';

async function online(env, count) {
  for (;;) {
    const [room] = await call(env, 'GET', `/api/auth/report/online?room=${ROOM}`);
    const { clientCount } = await call(env, 'GET', '/api/auth/report/online');
    if (clientCount === count && room.clientCount === count) return;
    if (count) throw new Error(`${clientCount} online and ${room.clientCount} in the room, not ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function round(env, tools) {
  const pids = [env.LP_PID_CONNECTOR_1, env.LP_PID_REDIS];
  const before = pids.map(cpuOf);
  const load = new Lines(join(tools, 'wsload'), ['--port', new URL(env.LP_CONNECTOR_URLS).port, '--rooms', 1,
    '--namespace', env.LP_DEMO_NAMESPACE, '--room', ROOM, '--clients', options.clients].map(String));
  const { seconds } = await load.next();
  const [connector, redis] = pids.map((pid, i) => (cpuOf(pid) - before[i]) / 1e9);
  await online(env, options.clients);
  await load.end();
  await online(env, 0);
  return { seconds: Number(seconds), connector, redis };
}

await withStack(options, async (env, tools) => {
  const rounds = [];
  for (let i = 0; i < options.rounds; i++) rounds.push(await round(env, tools));
  const middle = (name) => median(rounds.map((one) => one[name]));
  const range = (name) => {
    const all = rounds.map((one) => one[name]);
    return `${Math.min(...all).toFixed(2)} to ${Math.max(...all).toFixed(2)}`;
  };
  const row = (what, name) => `| ${what} | ${middle(name).toFixed(2)} s | ${range(name)} |`;
  publish('connect', [
    `${options.clients} websocket clients, one connector, ${options.rounds} rounds.`,
    circumstances(),
    '',
    '| what | median | of all rounds |',
    '| --- | --- | --- |',
    row('CPU of the connector', 'connector'),
    row('CPU of Redis', 'redis'),
    row('from the first connect to the last answer', 'seconds'),
    '',
  ].join('\n'), options.write);
});
