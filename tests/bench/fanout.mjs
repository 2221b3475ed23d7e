// One room with many websocket clients: what a delivery costs in CPU, how much memory a client
// takes, how fast clients connect. The connector and the floor (a bare epoll loop that does
// nothing but send) take turns in the same run, so that their ratio holds on a noisy machine.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const options = { clients: 5000, rounds: 30, build: '', write: false };
const ROOM = 'bench';
const TEXT = 'x'.repeat(40);

function readOptions(args) {
  while (args.length) {
    const name = args.shift().replace(/^--/, '');
    if (!(name in options)) throw new Error(`unknown option --${name}`);
    if (typeof options[name] === 'boolean') options[name] = true;
    else options[name] = typeof options[name] === 'number' ? Number(args.shift()) : args.shift();
  }
}

const isFree = (port) => new Promise((resolve) => {
  const server = createServer().once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
});

// Two free ports in a row, below the range that the kernel gives to connections.
async function freePorts() {
  for (let port = 10240 + (process.pid % 1000) * 10; port < 22000; port += 10) {
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
  throw new Error('no free ports');
}

// Nanoseconds of CPU a single-threaded process has had, from the scheduler's own accounting.
const cpuOf = (pid) => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]);

// Bytes of memory that are the process's own (not files, not the kernel's socket buffers).
const memoryOf = (pid) =>
  Number(/^Anonymous:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) * 1024;

// A child process whose lines can be awaited, in order.
class Lines {
  constructor(command, args) {
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.child.on('exit', (code) => {
      if (!this.ending) {
        console.error(`${command} ended with status ${code}`);
        process.exit(1);
      }
    });
  }

  async next() {
    const { value } = await this.lines.next();
    return Object.fromEntries(value.split(' ').slice(1).map((pair) => pair.split('=')));
  }

  write(text) {
    this.child.stdin.write(text);
  }

  end() {
    this.ending = true;
    this.child.stdin.end();
    return new Promise((resolve) => this.child.once('close', resolve));
  }
}

async function push(env) {
  const answer = await fetch(`${env.LP_WEB_URL}/api/auth/push`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${btoa(`${env.LP_DEMO_NAMESPACE}:${env.LP_DEMO_PASSWORD}`)}`,
    },
    body: JSON.stringify({ room: ROOM, pushData: { text: TEXT } }),
  });
  if (answer.status !== 200) throw new Error(`push: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

function startStack(dir, port) {
  const args = [join(top, 'deploy/quickstart.sh'), 'start', '--detach', '--no-install', '--no-ui',
    '--dir', dir, '--port', port, '--connectors', 1, '--server', 'nginx'];
  if (options.build) args.push('--build', options.build);
  execFileSync('sh', args.map(String), { stdio: ['ignore', 'ignore', 'inherit'] });
  const env = {};
  for (const line of readFileSync(join(dir, 'stack.env'), 'utf8').split('\n')) {
    const match = /^(\w+)=(.*)$/.exec(line);
    if (match) env[match[1]] = match[2].replace(/^'(.*)'$/, '$1').replace(/^"(.*)"$/, '$1');
  }
  return env;
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

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
  const commit = execFileSync('git', ['-C', top, 'rev-parse', '--short', 'HEAD']).toString().trim();
  const row = (name, ours, theirs, ratio) => `| ${name} | ${ours} | ${theirs} | ${ratio} |`;
  return [
    `${options.clients} websocket clients in one room, ${floor.bytes} bytes a message, ${options.rounds} rounds; medians.`,
    `${cpus()[0].model.trim()}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}, commit ${commit}.`,
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

async function main() {
  readOptions(process.argv.slice(2));
  const dir = mkdtempSync(join(tmpdir(), 'light-push-bench-'));
  const env = startStack(dir, await freePorts());
  const stop = () => execFileSync('sh', [join(top, 'deploy/quickstart.sh'), 'stop', '--dir', dir], { stdio: 'ignore' });
  try {
    const build = options.build || join(dir, 'build');
    execFileSync('make', ['-s', '-C', build, 'bench-programs'], { stdio: 'inherit' });
    const tools = join(build, 'tests/bench');
    const connector = await startConnector(env, tools);
    const floor = await startFloor(tools);
    const single = await compare(connector, floor, 1);
    const burst = await compare(connector, floor, 10);
    const table = report(connector, floor, single, burst);
    process.stdout.write(table);
    if (options.write) {
      const file = join(top, 'docs/PERFORMANCE.md');
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace(/(<!-- fan-out -->\n)[\s\S]*(<!-- end -->)/, (_, a, z) => `${a}${table}${z}`));
    }
    await Promise.all([connector.load, floor.load, floor.server].map((child) => child.end()));
  } finally {
    stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

await main();
