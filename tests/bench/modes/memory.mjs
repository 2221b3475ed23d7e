// What an idle client takes of the server's memory.
import { crowds, settle } from '../rounds.mjs';

export async function run(bench) {
  const { clients } = bench.options;
  const steps = [0.2, 0.5, 1, 2].map((part) => clients * part);
  const sides = await bench.sides('light-push', 'floor', 'Nchan', 'socket.io');
  for (const side of sides) side.rooms = 3;
  const all = crowds(bench, sides);
  const empty = sides.map((side) => side.memory());
  const lines = sides.map(({ name }, i) => ({ name, points: [[0, empty[i] / 1e6]] }));
  const rows = [];
  for (const step of steps) {
    const row = [`${step}`];
    for (const [i, crowd] of all.entries()) {
      bench.progress(`${step} clients, ${crowd.side.name}`);
      await crowd.grow(step - crowd.clients);
      await settle(crowd.side);
      const memory = crowd.side.memory();
      lines[i].points.push([step, memory / 1e6]);
      row.push(Math.round((memory - empty[i]) / step));
    }
    rows.push(row);
  }
  await Promise.all(all.map((crowd) => crowd.end()));
  for (const side of sides) delete side.rooms;
  return {
    about: 'Bytes of memory per idle websocket client in three rooms (light-push, socket.io: and the one of its user), beyond what the empty server has; without the kernel\'s, which are the same for all.',
    head: ['clients', ...sides.map(({ name }) => name)],
    rows,
    plot: { file: 'memory.svg', title: 'Memory of the server', x: 'clients, each in three rooms', y: 'MB', log: 'y', lines },
  };
}
