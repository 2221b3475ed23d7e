// More connectors: do two deliver twice as fast, and what does a push to one client cost?
import { join } from 'node:path';

import { cpuOf, Lines, median } from '../lib.mjs';
import { crowds, deliver, inTurn, ratio } from '../rounds.mjs';
import { LightPush } from '../sides.mjs';

// Pushes to one client after the other: µs of CPU per push, of all programs that take part.
async function oneToOne(bench, crowd, requests) {
  const { env, authorization, pids } = crowd.side;
  const parts = { api: [env.LP_PID_API], redis: [env.LP_PID_REDIS], connectors: pids };
  const before = Object.fromEntries(Object.entries(parts).map(([name, list]) => [name, cpuOf(list)]));
  const arrived = Promise.all(crowd.loads.map((load) => load.next()));
  const load = new Lines(join(bench.tools, 'restload'), ['--port', new URL(env.LP_WEB_URL).port, '--path', '/api/auth/push',
    '--auth', authorization, '--modulo', crowd.clients, '--connections', 8, '--requests', requests,
    '--body', JSON.stringify({ room: 'user_user%', pushData: { text: 'x'.repeat(40) } })].map(String), { ends: true });
  await load.next();
  await arrived;
  await new Promise((resolve) => setTimeout(resolve, 50));
  const figures = Object.fromEntries(Object.entries(parts)
    .map(([name, list]) => [name, (cpuOf(list) - before[name]) / 1000 / requests]));
  return { ...figures, sum: figures.api + figures.redis + figures.connectors };
}

export async function run(bench) {
  const { clients, rounds: asked, quick } = bench.options;
  const counts = quick ? [1, 2] : [1, 2, 4, 8];
  const rounds = Math.min(asked, 7);
  const crowd = async (count, ...args) => {
    const side = new LightPush(await bench.stack(count));
    const [made] = crowds(bench, [side], args);
    side.name = `${count} connectors`;
    return made;
  };
  const two = [];
  for (const count of [1, 2]) two.push(await crowd(count));
  for (const one of two) await one.grow(clients, 2);
  const fanout = await inTurn(bench, two, rounds, 'fan-out', (one) => deliver(one, 1, 3));
  await Promise.all(two.map((one) => one.end()));

  const all = [];
  for (const count of counts) all.push(await crowd(count));
  const each = Math.floor(clients / 5 / 8) * 8 || 8;
  for (const one of all) {
    await one.grow(each, one.side.ports.length);
  }
  const pushes = await inTurn(bench, all, rounds, 'one-to-one', (one) => oneToOne(bench, one, each));
  await Promise.all(all.map((one) => one.end()));
  for (const one of [...two, ...all]) await one.side.stop();
  const rows = all.map((_, i) => [`${counts[i]}`, ...['api', 'redis', 'connectors', 'sum'].map((name) => median(pushes[i][name])),
    ratio(pushes[i].sum, pushes[0].sum), i < 2 ? Math.round(median(fanout[i].rate)) : '',
    i === 1 ? ratio(fanout[1].rate, fanout[0].rate) : '']);
  return {
    about: `${each} clients spread over the connectors get a push each, 8 calls at a time: µs of CPU per push. And one message to a room of ${clients} clients spread over one and two connectors. Median of ${rounds} rounds.`,
    head: ['connectors', 'API', 'Redis', 'connectors, all', 'sum', 'against one', 'fan-out, deliveries/s', 'against one'],
    rows,
  };
}
