// One message to a room: CPU of the server per delivery, as the room grows.
import { median } from '../lib.mjs';
import { crowds, deliver, inTurn, ratio } from '../rounds.mjs';
import { MESSAGE_BYTES } from '../sides.mjs';

export async function run(bench) {
  const { clients, rounds } = bench.options;
  const steps = [0.1, 0.2, 0.5, 1, 2].map((part) => clients * part);
  const sides = await bench.sides('light-push', 'floor', 'Nchan', 'socket.io');
  const all = crowds(bench, sides);
  const lines = sides.map(({ name }) => ({ name, points: [] }));
  const rows = [];
  for (const step of steps) {
    for (const crowd of all) await crowd.grow(step - crowd.clients);
    const times = Math.max(1, Math.round(clients / step));
    const figures = await inTurn(bench, all, rounds, `${step} clients`, (crowd) => deliver(crowd, 1, times));
    const cpu = figures.map((figure) => median(figure.cpu));
    cpu.forEach((us, i) => lines[i].points.push([step, us]));
    rows.push([`${step}`, ...cpu, ...figures.slice(1).map((figure) => ratio(figures[0].cpu, figure.cpu).toFixed(2))]);
  }
  await Promise.all(all.map((crowd) => crowd.end()));
  return {
    about: `One message of ${MESSAGE_BYTES} bytes to all websocket clients of a room: µs of CPU of the server per delivery, median of ${rounds} rounds.`,
    head: ['clients', ...sides.map(({ name }) => name), ...sides.slice(1).map(({ name }) => `light-push / ${name}`)],
    rows,
    plot: { file: 'fanout.svg', title: 'CPU per delivery', x: 'clients in the room', y: 'µs', log: 'x', lines },
  };
}
