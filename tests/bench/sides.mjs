// What is measured side by side. Each side is a server with clients in one room: how its clients
// connect, how a message is sent to all of them, which processes work for it.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { basic, here, HttpLine, post } from './http.mjs';
import { childrenOf, cpuOf, freePorts, Lines, memoryOf } from './lib.mjs';

export const ROOM = 'bench';
const TEXT = 'x'.repeat(40);
const PATIENCE = 60_000; // ms

// Microseconds on the clock that the clients in wsload read too.
export const clock = () => process.hrtime.bigint() / 1000n;

const pushData = (timed) => (timed ? { t: Number(clock()), text: TEXT.slice(22) } : { text: TEXT });

// The bytes of a message as light-push and socket.io send it; the other sides send as many.
export const MESSAGE_BYTES = ('42/demo,["push",{"room":"bench","namespace":"/demo","pushData":'
  + '{"text":"1234567890123456789012345678901234567890"},"sendDate":1700000000000,"id":100}]').length;

// Clients of one side, in several processes when there are many.
export class Crowd {
  constructor(side, tools, args = []) {
    this.side = side;
    this.tools = tools;
    this.args = args;
    this.loads = [];
    this.clients = 0;
  }

  // Seconds until `count` further clients are ready, in `processes` programs.
  async grow(count, processes = 1) {
    const added = [];
    for (let i = 0; i < processes; i++) {
      const clients = Math.floor((count * (i + 1)) / processes) - Math.floor((count * i) / processes);
      added.push(new Lines(join(this.tools, 'wsload'),
        [...this.side.loadArgs(this.loads.length + i), '--clients', clients, '--first', this.clients, ...this.args].map(String)));
      this.clients += clients;
    }
    this.loads.push(...added);
    const ready = await Promise.all(added.map((load) => load.next()));
    return Math.max(...ready.map(({ seconds }) => Number(seconds)));
  }

  // When the last client has `messages` more (s on `clock`).
  async arrival(messages) {
    const stop = new AbortController();
    const late = sleep(PATIENCE, undefined, { signal: stop.signal })
      .then(() => { throw new Error(`${this.side.name}: a message has not come to all clients`); }, () => {});
    const times = Promise.all(this.loads.map(async (load) => {
      let at;
      for (let i = 0; i < messages; i++) at = (await load.next()).at;
      return Number(at);
    }));
    await Promise.race([times, late]);
    stop.abort();
    return Math.max(...await times);
  }

  // How long messages took since this was asked last: percentiles in ms, of the slowest process.
  async delays() {
    for (const load of this.loads) load.write('\n');
    const all = await Promise.all(this.loads.map((load) => load.next()));
    const worst = (name) => Math.max(...all.map((one) => Number(one[name]))) / 1000;
    return { p50: worst('p50'), p99: worst('p99') };
  }

  // From now on, or no longer, every message is acknowledged.
  toggleAcks() {
    for (const load of this.loads) load.write('a');
  }

  async end() {
    await Promise.all(this.loads.map((load) => load.end()));
  }
}

class Side {
  cpu() {
    return cpuOf(this.pids);
  }

  memory() {
    return memoryOf(this.pids);
  }

  async stop() {}
}

export class LightPush extends Side {
  name = 'light-push';

  constructor(env) {
    super();
    this.env = env;
    this.ports = env.LP_CONNECTOR_URLS.split(' ').map((url) => Number(new URL(url).port));
    this.pids = this.ports.map((_, i) => Number(env[`LP_PID_CONNECTOR_${i + 1}`]));
    this.authorization = basic(env.LP_DEMO_NAMESPACE, env.LP_DEMO_PASSWORD);
    this.line = new HttpLine(env.LP_WEB_URL);
  }

  loadArgs(number) {
    return ['--port', this.ports[number % this.ports.length], '--namespace', this.env.LP_DEMO_NAMESPACE, '--room', ROOM];
  }

  // The id of the last message.
  async send(messages, timed = false) {
    const one = () => ({ room: ROOM, pushData: pushData(timed) });
    if (messages === 1) return (await post(this.line, '/api/auth/push', this.authorization, one())).id;
    const { results } = await post(this.line, '/api/auth/push/batch', this.authorization,
      { messages: Array.from({ length: messages }, one) });
    return results.at(-1).id;
  }

  async stop() {
    this.line.close();
  }
}

// A child that says so when it listens.
async function start(file, args) {
  const child = spawn(process.execPath, [join(here, 'peers', file), ...args.map(String)],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_ENV: 'production' } });
  const gone = once(child, 'exit').then(() => { throw new Error(`${file} ended`); });
  await Promise.race([once(child.stdout, 'data'), gone]);
  gone.catch(() => {});
  return child;
}

async function stopChild(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  await gone;
}

export class SocketIo extends Side {
  name = 'socket.io';

  static async start(env) {
    if (!existsSync(join(here, 'peers/node_modules'))) {
      execFileSync('npm', ['ci', '--no-audit', '--no-fund'],
        { cwd: join(here, 'peers'), stdio: ['ignore', 'ignore', 'inherit'] });
    }
    const side = new SocketIo();
    side.port = await freePorts();
    side.server = await start('socketio.mjs', [side.port, env.LP_REDIS_PORT]);
    side.endpointPort = await freePorts();
    side.endpoint = await start('endpoint.mjs', [side.endpointPort, env.LP_REDIS_PORT, 'bench', 'bench']);
    side.pids = [side.server.pid];
    side.authorization = basic('bench', 'bench');
    side.line = new HttpLine(`http://127.0.0.1:${side.endpointPort}`);
    return side;
  }

  loadArgs() {
    return ['--port', this.port, '--namespace', '/demo', '--room', ROOM];
  }

  async send(messages, timed = false) {
    const one = () => ({ room: ROOM, pushData: pushData(timed) });
    if (messages === 1) return (await post(this.line, '/push', this.authorization, one())).id;
    const { results } = await post(this.line, '/push/batch', this.authorization,
      { messages: Array.from({ length: messages }, one) });
    return results.at(-1).id;
  }

  async stop() {
    this.line.close();
    await Promise.all([stopChild(this.server), stopChild(this.endpoint)]);
  }
}

const NCHAN = ['/usr/lib/nginx/modules/ngx_nchan_module.so', '/usr/share/nginx/modules/ngx_nchan_module.so'];

export class Nchan extends Side {
  name = 'Nchan';

  static isThere() {
    return NCHAN.some((file) => existsSync(file));
  }

  static async start(dir) {
    const side = new Nchan();
    side.port = await freePorts();
    const home = join(dir, 'nchan');
    mkdirSync(home, { recursive: true });
    const values = { MODULE: NCHAN.find((file) => existsSync(file)), PORT: side.port, DIR: home };
    const conf = readFileSync(join(here, 'peers/nchan.conf'), 'utf8').replace(/@(\w+)@/g, (_, name) => values[name]);
    writeFileSync(join(home, 'nginx.conf'), conf);
    side.server = spawn('nginx', ['-e', 'stderr', '-c', join(home, 'nginx.conf'), '-g', 'daemon off;'],
      { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } });
    for (let i = 0; !(side.pids = childrenOf(side.server.pid)).length; i++) {
      if (i === 200) throw new Error('nginx with Nchan does not start');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    side.lines = Array.from({ length: 10 }, () => new HttpLine(`http://127.0.0.1:${side.port}`));
    return side;
  }

  loadArgs() {
    return ['--bare', '--port', this.port, '--path', this.rooms === 3 ? '/sub3' : '/sub'];
  }

  async send(messages, timed = false) {
    await Promise.all(Array.from({ length: messages }, (_, i) => this.lines[i % this.lines.length]
      .ask('POST', '/pub', { 'content-type': 'text/plain' },
        `${timed ? `"t":${clock()},` : ''}`.padEnd(MESSAGE_BYTES, 'x'))));
  }

  async stop() {
    this.lines.forEach((line) => line.close());
    await stopChild(this.server);
  }
}

export class Floor extends Side {
  name = 'floor';

  static async start(tools) {
    const side = new Floor();
    side.port = await freePorts();
    side.server = new Lines(join(tools, 'floor'), [String(side.port)]);
    await side.server.next(); // it listens
    side.pids = [side.server.child.pid];
    return side;
  }

  loadArgs() {
    return ['--bare', '--port', this.port];
  }

  async send(messages, timed = false) {
    const how = messages > 1 ? ' v' : '';
    this.server.write(`${messages} ${MESSAGE_BYTES}${timed ? ` s ${clock()}` : how}\n`);
  }

  async stop() {
    await this.server.end();
  }
}
