// One room with many websocket clients: what a delivery costs in CPU, how much memory a client
// takes, how fast clients connect. The connector and the floor (a bare epoll loop that does
// nothing but send) take turns in the same run, so that their ratio holds on a noisy machine.
import { join } from 'node:path';

import {
  call, circumstances, cpuOf, freePorts, Lines, median, memoryOf, publish, readOptions, withStack,
} from './lib.mjs';

const options = readOptions({ clients: 5000, rounds: 30, build: '', write: false }, process.argv.slice(2));
const ROOM = 'bench';
const TEXT = 'x'.repeat(40);

const push = (env) => call(env, 'POST', '/api/auth/push', { room: ROOM, pushData: { text: TEXT } });

// Sends `messages` to everybody once, returns microseconds of CPU per delivery.
async function round(pid, lines, send, messages) {
  const before = cpuOf(pid);
  await send(messages);
  for (let i = 0; i < messages; i++) await lines.next();
  // The last client has it; let the server return to its wait before reading the account.
  await new Promise((resolve) => setTimeout(resolve, 20));
  return (cpuOf(pid) - before) / 1000 / (messages * options.clients);
}

// CPU of the connector and of the floor per delivery, in alternating rounds.
async function compare(connector, floor, messages) {
  const ours = [];
  const theirs = [];
  for (let i = 0; i < options.rounds; i++) {
    process.stderr.write(`\r${messages} at once, round ${i + 1} of ${options.rounds} `);
    ours.push(await round(connector.pid, connector.load, connector.send, messages));
    theirs.push(await round(floor.pid, floor.load, floor.send, messages));
  }
  process.stderr.write('\n');
  return { ours: median(ours), floor: median(theirs), ratio: median(ours.map((us, i) => us / theirs[i])) };
}

async function startConnector(env, tools) {
  const pid = Number(env.LP_PID_CONNECTOR_1);
  const empty = memoryOf(pid);
  const cpu = cpuOf(pid);
  const load = new Lines(join(tools, 'wsload'), ['--port', new URL(env.LP_CONNECTOR_URLS).port,
    '--namespace', env.LP_DEMO_NAMESPACE, '--room', ROOM, '--clients', options.clients].map(String));
  const ready = await load.next();
  const connect = {
    rate: Number(ready.connects_per_second),
    cpu: (cpuOf(pid) - cpu) / 1000 / options.clients,
    memory: (memoryOf(pid) - empty) / options.clients,
  };
  const send = (messages) => Promise.all(Array.from({ length: messages }, () => push(env)));
  return { pid, load, send, connect };
}

async function startFloor(tools) {
  const port = await freePorts();
  const server = new Lines(join(tools, 'floor'), [String(port)]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const load = new Lines(join(tools, 'wsload'), ['--bare', '--port', port, '--clients', options.clients].map(String));
  await load.next();
  const bytes = `42/demo,["push",{"room":"${ROOM}","namespace":"/demo","pushData":{"text":"${TEXT}"},"sendDate":1700000000000,"id":100}]`.length;
  const send = (messages) => server.write(`${messages} ${bytes}${messages > 1 ? ' v' : ''}\n`);
  return { pid: server.child.pid, server, load, send, bytes };
}

function report(connector, floor, single, burst) {
  const row = (name, ours, theirs, ratio) => `| ${name} | ${ours} | ${theirs} | ${ratio} |`;
  return [
    `${options.clients} websocket clients in one room, ${floor.bytes} bytes a message, ${options.rounds} rounds; medians.`,
    circumstances(),
    '',
    '| what | connector | floor | ratio |',
    '| --- | --- | --- | --- |',
    row('CPU per delivery, one message', `${single.ours.toFixed(2)} µs`, `${single.floor.toFixed(2)} µs`, single.ratio.toFixed(2)),
    row('CPU per delivery, ten messages at once', `${burst.ours.toFixed(2)} µs`, `${burst.floor.toFixed(2)} µs`, burst.ratio.toFixed(2)),
    row('memory per client in three rooms and its own', `${Math.round(connector.connect.memory)} B`, '', ''),
    row('connects to the answer of joinRoom', `${Math.round(connector.connect.rate)} per s`, '', ''),
    row('CPU per connect', `${connector.connect.cpu.toFixed(0)} µs`, '', ''),
    '',
  ].join('\n');
}

await withStack(options, async (env, tools) => {
  const connector = await startConnector(env, tools);
  const floor = await startFloor(tools);
  const single = await compare(connector, floor, 1);
  const burst = await compare(connector, floor, 10);
  publish('fan-out', report(connector, floor, single, burst), options.write);
  await Promise.all([connector.load, floor.load, floor.server].map((child) => child.end()));
});
