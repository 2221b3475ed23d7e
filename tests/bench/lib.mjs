// What the measurements share: a stack of their own, tools that are C programs, the account of CPU.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const top = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

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

// Two free ports in a row, below the range that the kernel gives to connections.
export async function freePorts() {
  for (let port = 10240 + (process.pid % 1000) * 10; port < 22000; port += 10) {
    if ((await isFree(port)) && (await isFree(port + 1))) return port;
  }
  throw new Error('no free ports');
}

// Nanoseconds of CPU a single-threaded process has had, from the scheduler's own accounting.
export const cpuOf = (pid) => Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]);

// Bytes of memory that are the process's own (not files, not the kernel's socket buffers).
export const memoryOf = (pid) =>
  Number(/^Anonymous:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))[1]) * 1024;

// A child process whose lines can be awaited, in order.
export class Lines {
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

function startStack(dir, port, options) {
  const args = [join(top, 'deploy/quickstart.sh'), 'start', '--detach', '--no-install', '--no-ui',
    '--dir', dir, '--port', port, '--connectors', 1, '--server', 'nginx'];
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

// Runs fn(env, tools) with one connector, an API and a Redis; tools: the folder of wsload and floor.
export async function withStack(options, fn) {
  const dir = mkdtempSync(join(tmpdir(), 'light-push-bench-'));
  const env = startStack(dir, await freePorts(), options);
  try {
    const build = options.build || join(dir, 'build');
    execFileSync('make', ['-s', '-C', build, 'bench-programs'], { stdio: 'inherit' });
    return await fn(env, join(build, 'tests/bench'));
  } finally {
    execFileSync('sh', [join(top, 'deploy/quickstart.sh'), 'stop', '--dir', dir], { stdio: 'ignore' });
    rmSync(dir, { recursive: true, force: true });
  }
}

// Where and of what the figures are.
export function circumstances() {
  const commit = execFileSync('git', ['-C', top, 'rev-parse', '--short', 'HEAD']).toString().trim();
  return `${cpus()[0].model.trim()}, ${cpus().length} cores, ${new Date().toISOString().slice(0, 10)}, commit ${commit}.`;
}

// Prints a table; with write puts it into docs/PERFORMANCE.md, between <!-- name --> and <!-- end -->.
export function publish(name, table, write) {
  process.stdout.write(table);
  if (!write) return;
  const file = join(top, 'docs/PERFORMANCE.md');
  const text = readFileSync(file, 'utf8');
  const place = new RegExp(`(<!-- ${name} -->\\n)[^]*?(<!-- end -->)`);
  if (!place.test(text)) throw new Error(`docs/PERFORMANCE.md has no place for ${name}`);
  writeFileSync(file, text.replace(place, (_, a, z) => `${a}${table}${z}`));
}
