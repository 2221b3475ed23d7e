// Very many clients connect at once, each with a joinRoom, which is answered when presence is written.
import { cpuOf, median } from '../lib.mjs';
import { crowds, inTurn, ratio, settle } from '../rounds.mjs';

export async function run(bench) {
  const { quick } = bench.options;
  const clients = bench.options.clients * (quick ? 1 : 2);
  const rounds = quick ? 1 : 3;
  const env = await bench.stack();
  const sides = await bench.sides('light-push', 'socket.io');
  const figures = await inTurn(bench, sides.map((side) => ({ side })), rounds, 'connect', async ({ side }) => {
    const redis = cpuOf(env.LP_PID_REDIS);
    const cpu = side.cpu();
    const [crowd] = crowds(bench, [side], ['--rooms', 1]);
    const seconds = await crowd.grow(clients, 2);
    const result = {
      rate: clients / seconds,
      server: (side.cpu() - cpu) / 1000 / clients,
      redis: (cpuOf(env.LP_PID_REDIS) - redis) / 1000 / clients,
    };
    await crowd.end();
    await settle(side);
    await settle({ cpu: () => cpuOf(env.LP_PID_REDIS) });
    return result;
  });
  const rows = sides.map(({ name }, i) => [name, Math.round(median(figures[i].rate)), median(figures[i].server),
    median(figures[i].redis), i ? ratio(figures[0].rate, figures[i].rate) : '']);
  return {
    about: `${clients} websocket clients connect to one server, 128 at a time, and join a room; median of ${rounds} rounds. light-push has written each to Redis before it answers the joinRoom; socket.io writes nothing.`,
    head: ['server', 'connects/s', 'CPU µs per connect', 'of Redis', 'connects/s: light-push / it'],
    rows,
  };
}
