// What goes on while push.mjs measures, in a thread of its own: the time that it takes here must not
// be taken for the server's.
import { parentPort, workerData } from 'node:worker_threads';

import { bytesOf, check, Line, message, seconds } from './push_line.mjs';

// Requests of a neighbour, so many per second; counts the statuses of the answers. keyed: each has an
// idempotency key of its own.
async function neighbour({ url, path, authorization, offered, keyed }, until, counts) {
  const lines = Array.from({ length: 16 }, () => new Line(url));
  const request = (n) => bytesOf(path, authorization, message(0),
    keyed ? `Idempotency-Key: ${until}-${n}\r\n` : '');
  const same = request(0);
  const from = performance.now();
  let sent = 0;
  await Promise.all(lines.map(async (line) => {
    while (performance.now() < until) {
      if (sent < seconds(from) * offered) {
        sent++;
        const { status } = await line.ask(keyed ? request(sent) : same);
        counts[status] = (counts[status] ?? 0) + 1;
      } else {
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    }
  }));
  lines.forEach((line) => line.close());
}

// Lists all of them, a thousand a page, over and over; counts what came.
async function list({ url, authorization, what }, until, counts) {
  const line = new Line(url);
  let cursor = null;
  while (performance.now() < until) {
    const more = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
    const answer = await line.ask(Buffer.from(`GET /api/auth/${what}?size=1000${more} HTTP/1.1\r\n`
      + `Host: bench\r\nAuthorization: ${authorization}\r\n\r\n`));
    check(answer, 200);
    const page = JSON.parse(answer.body);
    counts[what] = (counts[what] ?? 0) + page.list.length;
    cursor = page.cursor;
  }
  line.close();
}

const kinds = { neighbour, list };
const counts = {};
await kinds[workerData.kind](workerData, performance.now() + workerData.ms, counts);
parentPort.postMessage(counts);
