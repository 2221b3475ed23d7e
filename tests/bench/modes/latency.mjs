// From the call of the API to each client of a room, at several loads.
import { median } from '../lib.mjs';
import { crowds, inTurn, settle } from '../rounds.mjs';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Sends at a steady rate whatever comes back; when all have arrived, how long they took (ms).
async function steady(crowd, rate, seconds) {
  const count = Math.ceil(rate * seconds);
  const arrived = crowd.arrival(count);
  const begin = performance.now();
  const sent = [];
  for (let i = 0; i < count; i++) {
    await sleep(begin + (i * 1000) / rate - performance.now());
    sent.push(crowd.side.send(1, true));
  }
  await Promise.all([arrived, ...sent]);
  return crowd.delays();
}

export async function run(bench) {
  const clients = bench.options.quick ? bench.options.clients : 1000;
  const rates = bench.options.quick ? [10] : [5, 10, 20, 40];
  const seconds = bench.options.quick ? 0.3 : 1.5;
  const rounds = bench.options.quick ? 1 : 3;
  const sides = await bench.sides('light-push', 'floor', 'Nchan', 'socket.io');
  const all = crowds(bench, sides);
  for (const crowd of all) {
    await crowd.grow(clients);
    await settle(crowd.side);
    await steady(crowd, 10, 0.5); // warm
  }
  const lines = sides.flatMap(({ name }) => ['p50', 'p99'].map((q) => ({ name: `${name} ${q}`, points: [] })));
  const rows = [];
  for (const rate of rates) {
    const figures = await inTurn(bench, all, rounds, `${rate} per s`, (crowd) => steady(crowd, rate, seconds));
    const ms = figures.flatMap(({ p50, p99 }) => [median(p50), median(p99)]);
    ms.forEach((value, i) => lines[i].points.push([rate * clients, value]));
    rows.push([`${rate}`, ...figures.map((_, i) => `${ms[2 * i].toFixed(1)} / ${ms[2 * i + 1].toFixed(1)}`)]);
  }
  await Promise.all(all.map((crowd) => crowd.end()));
  return {
    about: `Messages at a steady rate to ${clients} websocket clients of a room, from before the call of the API (of the floor: its command) to each client: p50 / p99 in ms, median of ${rounds} rounds of ${seconds} s.`,
    head: ['messages/s', ...sides.map(({ name }) => name)],
    rows,
    plot: { file: 'latency.svg', title: `From the call to the client, ${clients} clients`, x: 'deliveries per second', y: 'ms', log: 'y', lines },
  };
}
