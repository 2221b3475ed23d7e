// What the web server takes when websockets go through it.
import { childrenOf, median } from '../lib.mjs';
import { crowds, deliver, inTurn, ratio, settle } from '../rounds.mjs';
import { LightPush } from '../sides.mjs';

class ThroughNginx extends LightPush {
  name = 'through nginx';

  constructor(env) {
    super(env);
    this.nginx = childrenOf(env.LP_PID_WEB);
    this.pids = [...this.pids, ...this.nginx];
  }

  loadArgs(number) {
    return [...super.loadArgs(number), '--port', new URL(this.env.LP_WEB_URL).port, '--path', this.env.LP_SOCKET_PATH];
  }
}

export async function run(bench) {
  const { clients: most, rounds } = bench.options;
  const clients = Math.min(most, 4000); // each takes two descriptors of nginx
  const env = await bench.stack();
  const through = new ThroughNginx(env);
  const rows = [];
  const cpu = [];
  for (const side of [...await bench.sides('light-push'), through]) {
    const empty = side.memory();
    const [crowd] = crowds(bench, [side]);
    await crowd.grow(clients);
    await settle(side);
    const memory = (side.memory() - empty) / clients;
    const [figures] = await inTurn(bench, [crowd], rounds, 'proxy', (one) => deliver(one, 1, 1));
    await crowd.end();
    await settle(side);
    cpu.push(figures.cpu);
    rows.push([side === through ? side.name : 'to the connector', median(figures.cpu), Math.round(memory), ratio(figures.cpu, cpu[0])]);
  }
  await through.stop();
  return {
    about: `One message to ${clients} websocket clients of a room, the connector and nginx together; median of ${rounds} rounds.`,
    head: ['clients connect', 'CPU µs per delivery', 'bytes of memory per client', 'CPU against the first'],
    rows,
  };
}
