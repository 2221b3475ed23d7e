// Ten messages at once to a room.
import { median } from '../lib.mjs';
import { crowds, deliver, inTurn, ratio } from '../rounds.mjs';

const MESSAGES = 10;

export async function run(bench) {
  const { clients, rounds } = bench.options;
  const sides = await bench.sides('light-push', 'floor', 'Nchan', 'socket.io');
  const all = crowds(bench, sides);
  for (const crowd of all) await crowd.grow(clients, 2);
  const figures = await inTurn(bench, all, rounds, 'burst', (crowd) => deliver(crowd, MESSAGES, 2));
  await Promise.all(all.map((crowd) => crowd.end()));
  const rows = sides.map(({ name }, i) => [name, median(figures[i].cpu), Math.round(median(figures[i].rate)),
    ratio(figures[0].cpu, figures[i].cpu).toFixed(2), ratio(figures[0].rate, figures[i].rate).toFixed(2)]);
  return {
    about: `${MESSAGES} messages in one call (Nchan: ${MESSAGES} calls at once) to ${clients} websocket clients of a room; median of ${rounds} rounds. The floor sends them with one writev per client.`,
    head: ['server', 'CPU µs per delivery', 'deliveries/s', 'CPU: light-push / it', 'deliveries/s: light-push / it'],
    rows,
  };
}
