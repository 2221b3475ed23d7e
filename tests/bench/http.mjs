// A kept HTTP connection that costs little: requests in bytes, one at a time.
import { connect } from 'node:net';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

export const here = dirname(fileURLToPath(import.meta.url));

export const basic = (user, password) => `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

export class HttpLine {
  constructor(url) {
    const { hostname, port } = new URL(url);
    this.where = { host: hostname, port: Number(port), noDelay: true };
    this.last = Promise.resolve();
  }

  open() {
    const socket = connect(this.where);
    const lost = (error) => {
      if (this.socket === socket) this.socket = null; // quiet for too long: the next request opens one
      this.fail?.(error);
    };
    socket.on('data', (chunk) => this.take(chunk.toString('latin1')));
    socket.on('error', lost);
    socket.on('close', () => lost(new Error('the server closed the connection')));
    this.socket = socket;
    this.got = '';
  }

  take(text) {
    this.got += text;
    const head = this.got.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.got.slice(0, head + 2))?.[1] ?? 0);
    if (this.got.length < head + 4 + length) return;
    const answer = { status: Number(this.got.slice(9, 12)), body: this.got.slice(head + 4, head + 4 + length) };
    this.got = this.got.slice(head + 4 + length);
    const { done } = this;
    this.done = this.fail = null;
    done?.(answer);
  }

  // {status, body}; waits for the answer to what was asked before.
  ask(method, path, headers, body) {
    const mine = this.last.then(() => new Promise((resolve, reject) => {
      this.done = resolve;
      this.fail = reject;
      const head = Object.entries({ host: '127.0.0.1', 'content-length': Buffer.byteLength(body), ...headers })
        .map(([name, value]) => `${name}: ${value}\r\n`).join('');
      if (!this.socket) this.open();
      this.socket.write(`${method} ${path} HTTP/1.1\r\n${head}\r\n${body}`);
    }));
    this.last = mine.catch(() => {});
    return mine;
  }

  close() {
    this.fail = null;
    this.socket?.destroy();
  }
}

export async function post(line, path, authorization, body) {
  const { status, body: text } = await line.ask('POST', path,
    { authorization, 'content-type': 'application/json' }, JSON.stringify(body));
  if (status !== 200) throw new Error(`${path}: ${status} ${text}`);
  return JSON.parse(text);
}
