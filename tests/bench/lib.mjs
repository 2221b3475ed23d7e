// What the measurements share: a stack of their own, tools that are C programs, the account of CPU.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

// Options of the command line over their defaults, which also tell their types.
export function readOptions(options, args) {
  while (args.length) {
    const name = args.shift().replace(/^--/, '');
    if (!(name in options)) throw new Error(`unknown option --${name}`);
    if (typeof options[name] === 'boolean') options[name] = true;
    else options[name] = typeof options[name] === 'number' ? Number(args.shift()) : args.shift();
  }
  return options;
}

const isFree = (port) => new Promise((resolve) => {
  const server = createServer().once('error', () => resolve(false));
  server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
});

let nextPort = 10240 + (process.pid % 1000) * 10;

// The first of some free ports in a row, below the range that the kernel gives to connections. None is
// given twice.
export async function freePorts(count = 2) {
  for (; nextPort < 22700; nextPort += 10) {
    const row = await Promise.all(Array.from({ length: count }, (_, i) => isFree(nextPort + i)));
    if (row.every(Boolean)) {
      nextPort += Math.ceil(count / 10) * 10;
      return nextPort - Math.ceil(count / 10) * 10;
    }
  }
  throw new Error('no free ports');
}

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

// Nanoseconds of CPU that processes have had, all their threads, from the scheduler's own accounting.
export const cpuOf = (pids) => sum([pids].flat().flatMap((pid) => readdirSync(`/proc/${pid}/task`)
  .map((task) => Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0]))));

// Process ids; none when the process is not there.
export function childrenOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

// Bytes of memory that are the processes' own (not files, not the kernel's socket buffers).
export const memoryOf = (pids) => sum([pids].flat().map((pid) => {
  const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return sum([/^Pss_Anon:\s+(\d+) kB/m, /^Pss_Shmem:\s+(\d+) kB/m].map((row) => Number(row.exec(rollup)[1]) * 1024));
}));

// A child process whose lines can be awaited, in order.
export class Lines {
  constructor(command, args, { ends = false } = {}) {
    this.ending = ends; // it ends by itself
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.gone = new Promise((resolve) => this.child.once('close', resolve));
    this.child.stdin.on('error', () => {}); // it has gone; its exit status tells
    this.lines = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
    this.child.on('exit', (code) => {
      if (code || (!this.ending && code !== null)) {
        console.error(`${command} ended with status ${code}`);
        process.kill(process.pid, 'SIGTERM'); // whoever started servers stops them
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
    return this.gone;
  }
}

export function startStack(dir, port, options) {
  const args = [join(top, 'deploy/quickstart.sh'), 'start', '--detach', '--no-install', '--no-ui',
    '--dir', dir, '--port', port, '--connectors', options.connectors ?? 1, '--server', 'nginx'];
  if (options.build) args.push('--build', options.build);
  for (const setting of options.set ?? []) args.push('--set', setting);
  execFileSync('sh', args.map(String), { stdio: ['ignore', 'ignore', 'inherit'] });
  const env = {};
  for (const line of readFileSync(join(dir, 'stack.env'), 'utf8').split('\n')) {
    const match = /^(\w+)=(.*)$/.exec(line);
    if (match) env[match[1]] = match[2].replace(/^'(.*)'$/, '$1').replace(/^"(.*)"$/, '$1');
  }
  return env;
}

export const median = (numbers) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1];

export function stopStack(dir) {
  execFileSync('sh', [join(top, 'deploy/quickstart.sh'), 'stop', '--dir', dir], { stdio: 'ignore' });
  rmSync(dir, { recursive: true, force: true });
}

// Builds wsload, restload and floor; where they are.
export function buildTools(build) {
  execFileSync('make', ['-s', '-C', build, 'bench-programs'], { stdio: ['ignore', 'ignore', 'inherit'] });
  return join(build, 'tests/bench');
}

// One request to the API in the name of the demo namespace.
export async function call(env, method, path, body) {
  const answer = await fetch(env.LP_WEB_URL + path, {
    method,
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${btoa(`${env.LP_DEMO_NAMESPACE}:${env.LP_DEMO_PASSWORD}`)}`,
    },
    body: body && JSON.stringify(body),
  });
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

// Ctrl-C, or a child that failed: nothing is left running.
export function onSignal(stop) {
  let stopping;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      stopping ??= Promise.resolve(stop()).finally(() => process.exit(1));
    });
  }
  process.on('uncaughtException', (error) => {
    console.error(error);
    process.kill(process.pid, 'SIGTERM');
  });
}

// Runs fn(env, tools) with one connector, an API and a Redis; tools: the folder of wsload and floor.
export async function withStack(options, fn) {
  const dir = mkdtempSync(join(tmpdir(), 'light-push-bench-'));
  onSignal(() => stopStack(dir));
  const env = startStack(dir, await freePorts(), options);
  try {
    return await fn(env, buildTools(options.build || join(dir, 'build')));
  } finally {
    stopStack(dir);
  }
}

const TMPFS = 0x01021994;

// Where and of what the figures are.
export function circumstances() {
  // The last one that changed the programs.
  const commit = execFileSync('git', ['-C', top, 'log', '-1', '--format=%h', '--', 'common', 'connector', 'fcgi-api',
    'worker']).toString().trim();
  const disk = statfsSync(tmpdir()).type === TMPFS ? ', no disk (the files of Redis in memory)' : '';
  return `${cpus()[0].model.trim()}, ${cpus().length} cores${disk}, ${new Date().toISOString().slice(0, 10)}, commit ${commit}.`;
}

// Prints a table; with write puts it into docs/PERFORMANCE.md, between <!-- name --> and <!-- end -->.
export function publish(name, table, how) {
  const { print = true, write } = typeof how === 'object' ? how : { write: how };
  if (print) process.stdout.write(table);
  if (!write) return;
  const file = join(top, 'docs/PERFORMANCE.md');
  const text = readFileSync(file, 'utf8');
  const place = new RegExp(`(<!-- ${name} -->\\n)[^]*?(<!-- end -->)`);
  if (!place.test(text)) throw new Error(`docs/PERFORMANCE.md has no place for ${name}`);
  writeFileSync(file, text.replace(place, (_, a, z) => `${a}${table}${z}`));
}
