// Pushes through the web server, to rooms in which nobody is.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

import { childrenOf, cpuOf, Lines, median } from '../lib.mjs';
import { inTurn, ratio } from '../rounds.mjs';

const CONNECTIONS = [1, 8, 32];
const ROOMS = 50;

const readsOf = (env) => Number(/total_reads_processed:(\d+)/.exec(
  execFileSync('redis-cli', ['-p', env.LP_REDIS_PORT, 'INFO', 'stats']).toString())[1]);

// The two APIs: what to ask, and which processes work for it.
function apis(env, lightPush, socketIo) {
  const body = JSON.stringify({ room: 'room-%', pushData: { text: 'x'.repeat(40) } });
  const all = [{
    side: { name: 'light-push' },
    args: ['--port', new URL(env.LP_WEB_URL).port, '--path', '/api/auth/push', '--auth', lightPush.authorization, '--body', body],
    pids: { web: childrenOf(env.LP_PID_WEB), api: [env.LP_PID_API], redis: [env.LP_PID_REDIS] },
  }];
  if (socketIo) {
    all.push({
      side: { name: 'express' },
      args: ['--port', socketIo.endpointPort, '--path', '/push', '--auth', socketIo.authorization, '--body', body],
      pids: { web: [], api: [socketIo.endpoint.pid], redis: [env.LP_PID_REDIS] },
    });
  }
  return all;
}

async function ask(bench, env, { args, pids }, connections, requests) {
  const accounts = () => Object.entries(pids).map(([name, list]) => [name, cpuOf(list)]);
  const before = Object.fromEntries(accounts());
  const reads = readsOf(env);
  const load = new Lines(join(bench.tools, 'restload'),
    [...args, '--modulo', ROOMS, '--connections', connections, '--requests', requests].map(String), { ends: true });
  const { per_second: rate, p50, p99 } = await load.next();
  const figures = { rate: Number(rate), p50: p50 / 1000, p99: p99 / 1000, reads: (readsOf(env) - reads - 1) / requests };
  await new Promise((resolve) => setTimeout(resolve, 50)); // express writes to Redis after its answer
  for (const [name, cpu] of accounts()) figures[name] = (cpu - before[name]) / 1000 / requests;
  return figures;
}

export async function run(bench) {
  const { quick } = bench.options;
  const rounds = quick ? 1 : 3;
  const env = await bench.stack();
  const [lightPush, socketIo] = await bench.sides('light-push', 'socket.io');
  const both = apis(env, lightPush, socketIo);
  const rows = [];
  for (const connections of CONNECTIONS) {
    const requests = quick ? 100 : Math.min(4000, 500 * connections);
    const figures = await inTurn(bench, both, rounds, `${connections} connections`,
      (api) => ask(bench, env, api, connections, requests));
    for (const [i, one] of figures.entries()) {
      rows.push([both[i].side.name, `${connections}`, Math.round(median(one.rate)), median(one.p50), median(one.p99),
        median(one.web), median(one.api), median(one.redis), median(one.reads), i ? ratio(figures[0].rate, one.rate) : '']);
    }
  }
  return {
    about: `Pushes to ${ROOMS} rooms in which nobody is, one at a time on each connection; median of ${rounds} rounds. light-push: through nginx, answered when the push is stored. express: by itself, answers before Redis has it, stores no record.`,
    head: ['server', 'connections', 'pushes/s', 'p50 ms', 'p99 ms', 'CPU µs: nginx', 'API', 'Redis', 'Redis reads per push', 'pushes/s: light-push / it'],
    rows,
  };
}
