// Requests to the API with as little work of the client's own as can be.
import { connect } from 'node:net';

// A request as bytes; more: further lines of its head.
export function bytesOf(path, authorization, body, more = '') {
  const text = JSON.stringify(body);
  return Buffer.from(`POST ${path} HTTP/1.1\r\nHost: bench\r\nAuthorization: ${authorization}\r\n`
    + `Content-Type: application/json\r\n${more}Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
}

// A kept connection on which one request is asked at a time.
export class Line {
  constructor(url) {
    const { hostname, port } = new URL(url);
    this.socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.got = '';
    this.socket.on('data', (chunk) => this.take(chunk.toString('latin1')));
    this.socket.on('error', (error) => this.fail?.(error));
    this.socket.on('close', () => this.fail?.(new Error('closed')));
  }

  take(text) {
    this.got += text;
    const head = this.got.indexOf('\r\n\r\n');
    if (head < 0) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.got.slice(0, head + 2))?.[1]);
    if (Number.isNaN(length)) this.fail(new Error('an answer without a length'));
    else if (this.got.length >= head + 4 + length) {
      const answer = { status: Number(this.got.slice(9, 12)), body: this.got.slice(head + 4, head + 4 + length) };
      this.got = this.got.slice(head + 4 + length);
      this.done(answer);
    }
  }

  ask(bytes) {
    return new Promise((resolve, reject) => {
      this.done = resolve;
      this.fail = reject;
      this.socket.write(bytes);
    });
  }

  close() {
    this.fail = () => {};
    this.socket.destroy();
  }
}

export const message = (n) => ({ room: `room-${n % 50}`, pushData: { text: 'x'.repeat(40), n } });
export const seconds = (from) => (performance.now() - from) / 1000;

export function check({ status, body }, want) {
  if (status !== want) throw new Error(`${status} instead of ${want}: ${body}`);
}
