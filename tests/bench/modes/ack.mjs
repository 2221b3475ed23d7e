// Every client acknowledges every message: what an acknowledgement costs beyond the delivery.
import { execFileSync } from 'node:child_process';

import { cpuOf, median } from '../lib.mjs';
import { crowds, inTurn, settle } from '../rounds.mjs';

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const redis = (env, ...args) => execFileSync('redis-cli', ['-p', env.LP_REDIS_PORT, ...args.map(String)]).toString().trim();

// Acknowledgements kept in Redis of the last `messages` messages of a side.
function recorded(env, side, messages, last) {
  const key = (id) => (side.name === 'light-push' ? `lp:{${env.LP_DEMO_NAMESPACE}}:ack:${id}:web` : `bench-ack:${id}`);
  const keys = Array.from({ length: messages }, (_, i) => key(last - i));
  return Number(redis(env, 'EVAL', 'local n = 0 for _, key in ipairs(KEYS) do n = n + redis.call("SCARD", key) end return n',
    messages, ...keys));
}

// poll: how long it takes until all acks are in Redis. To ask Redis costs it, too, so what acks cost is
// taken from bursts in which it is asked only at the end.
async function burst(env, crowd, messages, { acks = false, poll = false } = {}) {
  const { side } = crowd;
  const before = { server: side.cpu(), redis: cpuOf(env.LP_PID_REDIS) };
  const begin = Number(process.hrtime.bigint()) / 1e9;
  const last = await side.send(messages);
  await crowd.arrival(messages);
  if (poll) while (recorded(env, side, messages, last) < messages * crowd.clients) await sleep(5);
  const seconds = Number(process.hrtime.bigint()) / 1e9 - begin;
  await settle(side);
  await settle({ cpu: () => cpuOf(env.LP_PID_REDIS) });
  const per = 1000 * messages * crowd.clients;
  const cost = { server: (side.cpu() - before.server) / per, redis: (cpuOf(env.LP_PID_REDIS) - before.redis) / per, seconds };
  if (acks && recorded(env, side, messages, last) !== messages * crowd.clients) throw new Error('acks are missing');
  return cost;
}

export async function run(bench) {
  const { clients, quick } = bench.options;
  const rounds = quick ? 1 : 3;
  const env = await bench.stack();
  const sides = await bench.sides('light-push', 'socket.io');
  const all = crowds(bench, sides);
  for (const crowd of all) await crowd.grow(clients, 2);
  const rows = [];
  for (const messages of [1, 10]) {
    const figures = await inTurn(bench, all, rounds, `${messages} at once`, async (crowd) => {
      const without = await burst(env, crowd, messages);
      crowd.toggleAcks();
      const withThem = await burst(env, crowd, messages, { acks: true });
      const timed = await burst(env, crowd, messages, { acks: true, poll: true });
      crowd.toggleAcks();
      return {
        rate: (messages * clients) / timed.seconds,
        server: withThem.server - without.server,
        redis: withThem.redis - without.redis,
      };
    });
    for (const [i, one] of figures.entries()) {
      const server = median(one.server);
      rows.push([sides[i].name, `${messages}`, Math.round(median(one.rate)), server, median(one.redis), Math.round(1e6 / server)]);
    }
  }
  await Promise.all(all.map((crowd) => crowd.end()));
  return {
    about: `${clients} websocket clients of a room acknowledge each message; median of ${rounds} rounds. Acks per second count from the call of the API until all acks are in Redis, the delivery included; CPU is what the same messages cost beyond the same without acks.`,
    head: ['server', 'messages at once', 'acks/s, with delivery', 'CPU µs per ack', 'of Redis', 'acks/s that one core could'],
    rows,
  };
}
