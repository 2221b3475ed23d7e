// What tests/bench/run.sh starts: the modes named, one after the other, on one set of servers.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { buildTools, circumstances, freePorts, onSignal, readOptions, startStack, stopStack } from './lib.mjs';
import { draw, show } from './report.mjs';
import { Floor, LightPush, Nchan, SocketIo } from './sides.mjs';

// In this order: the memory of a process can only be told while it is young.
const MODES = ['memory', 'fanout', 'burst', 'latency', 'rest', 'connect', 'ack', 'scale', 'proxy'];
const QUICK = { clients: 100, rounds: 2 };
const FULL = { clients: 5000, rounds: 15 };

class Bench {
  constructor(options) {
    this.options = options;
    this.dir = mkdtempSync(join(tmpdir(), 'light-push-bench-'));
    this.stacks = new Map();
    this.started = new Map();
  }

  // A light-push of its own for each number of connectors.
  async stack(connectors = 1) {
    if (!this.stacks.has(connectors)) {
      const dir = join(this.dir, `stack-${connectors}`);
      const env = startStack(dir, await freePorts(connectors + 1), { ...this.options, connectors });
      this.stacks.set(connectors, { dir, env });
      this.options.build ||= join(dir, 'build');
      this.tools ??= buildTools(this.options.build);
    }
    return this.stacks.get(connectors).env;
  }

  async start(name) {
    const env = await this.stack();
    if (name === 'light-push') return new LightPush(env);
    if (name === 'floor') return Floor.start(this.tools);
    if (name === 'Nchan') return Nchan.isThere() ? Nchan.start(this.dir) : null;
    return SocketIo.start(env);
  }

  // Those of the sides that there are; without Nchan where it is not installed.
  async sides(...names) {
    const sides = [];
    for (const name of names) {
      if (this.options['no-peers'] && (name === 'Nchan' || name === 'socket.io')) continue;
      if (!this.started.has(name)) this.started.set(name, await this.start(name));
      if (this.started.get(name)) sides.push(this.started.get(name));
      else console.error(`without ${name}: it is not installed`);
    }
    return sides;
  }

  progress(text) {
    if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`);
  }

  async close() {
    for (const side of this.started.values()) await side?.stop();
    for (const { dir } of this.stacks.values()) stopStack(dir);
    this.stacks.clear();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

const [mode, ...args] = process.argv.slice(2);
const options = readOptions({
  clients: 0, rounds: 0, build: '', quick: false, json: false, write: false, 'no-peers': false,
}, args);
const defaults = options.quick ? QUICK : FULL;
options.clients ||= defaults.clients;
options.rounds ||= defaults.rounds;

const bench = new Bench(options);
onSignal(() => bench.close());
try {
  for (const name of mode === 'all' ? MODES : [mode]) {
    const { run } = await import(`./modes/${name}.mjs`);
    const result = await run(bench);
    bench.progress('');
    show(name, { ...result, where: circumstances() }, options);
    if (options.write && result.plot) draw(result.plot);
  }
} finally {
  await bench.close();
}
