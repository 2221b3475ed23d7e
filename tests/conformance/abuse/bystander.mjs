// A client with manners, in a thread of its own: has its events echoed by websocket and by polling all
// the time, and notes how long that took. Ends when it is told to, or as soon as something is wrong.

import { parentPort, workerData } from "node:worker_threads";

import { same } from "../lib/expect.mjs";
import { PollSession, WsSession } from "../lib/session.mjs";

const pause = 10; // ms between two echoes
const { server, polling } = workerData;

let stopped = false;
let worst = 0;
let echoes = 0;

async function echo(session) {
	const event = `42["echo",${echoes},"é€😀"]`;
	const start = performance.now();
	await session.send(event);
	same(await session.next(), event);
	worst = Math.max(worst, performance.now() - start);
	echoes++;
}

async function live(type) {
	const session = await type.open(server, { eio: 4 });
	await session.join();
	for (;;) {
		await echo(session);
		if (stopped)
			break;
		await new Promise((resolve) => setTimeout(resolve, pause));
	}
	session.drop();
}

parentPort.once("message", () => (stopped = true));
const lives = [live(WsSession)];
if (polling)
	lives.push(live(PollSession));
// It is known to be served before anything else begins.
setTimeout(() => parentPort.postMessage({ ready: true }), 50);
try {
	await Promise.all(lives);
	parentPort.postMessage({ worst, echoes });
} catch (error) {
	parentPort.postMessage({ wrong: error.message });
	stopped = true;
}
parentPort.close();
