// The list of attacks, and what they are carried out with. A file of this folder adds its own with
// attack().

import { Context } from "../lib/cases.mjs";
import { Connection, requestBytes } from "../lib/connection.mjs";
import { Close, End } from "../lib/expect.mjs";
import { frame } from "../lib/websocket.mjs";

export const attacks = [];

// id: for --only. sent: what is done, for people. expect: what must become of it, the text or a
// RegExp for it: outcomes with how often each came. run(t) returns outcomes, see Attack.times().
// Options:
//   server    switches of the server beside the usual ones, see abuse.mjs
//   files     most file descriptors the server may have
//   kept      MB that the server may hold more than before at the end (8)
//   peak      MB that it may hold more than before at any time (16)
//   heavy     it keeps a processor busy: no other attack runs at the same time
//   polling   false: nobody polls beside it
export function attack(id, sent, expect, run, options = {}) {
	attacks.push({ id, sent, expect, run, server: [], kept: 8, peak: 16, ...options });
}

const patience = 8000; // ms

export class Attack extends Context {
	// run(i) n times, at most `width` at a time; its results, counted: "98 × closed, 2 × 503".
	async times(n, run, width = 50) {
		const counts = new Map();
		let next = 0;
		const work = async () => {
			while (next < n) {
				const outcome = await run(next++);
				counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
			}
		};
		await Promise.all(Array.from({ length: Math.min(n, width) }, work));
		return counted(counts);
	}

	// The same for every element.
	each(list, run) {
		return this.times(list.length, (i) => run(list[i]));
	}

	// Writes these bytes on a connection of their own, and tells what comes back: "400, closed".
	async raw(...parts) {
		const connection = this.connect();
		connection.write(...parts);
		const outcome = await fate(connection);
		connection.drop();
		return outcome;
	}

	// What becomes of a session after these bytes on its websocket: "CLOSE 1009" or "alive".
	async frames(session, ...parts) {
		session.ws.write(...parts);
		return this.wsFate(session);
	}

	async wsFate(session) {
		for (;;) {
			const got = await session.next(patience);
			if (got instanceof Close) {
				session.ws.write(frame(8, ""));
				await session.ws.end(patience);
				return got.toString();
			}
			if (got instanceof End)
				return "closed";
			if (got === '42["echo","alive"]')
				return "alive";
		}
	}

	// Writes the bytes again and again, 20 MB at most, and reads nothing, until the server has enough.
	async pour(connection, bytes) {
		const { socket } = connection;
		socket.pause();
		for (let sent = 0; sent < 20e6 && socket.writable; sent += bytes.length) {
			connection.write(bytes);
			await Promise.race([connection.flushed(), sleep(20)]);
		}
		socket.resume();
		await connection.end(patience);
		return "closed";
	}

	// Sends these packets and tells whether the session lives on: "alive", "CLOSE", or, when it polls,
	// "closed".
	async packets(session, ...packets) {
		if (session.transport === "P")
			return this.posted(session, session.encode(...packets));
		for (const packet of packets)
			session.send(packet);
		session.send('42["echo","alive"]');
		return this.wsFate(session);
	}

	// The same for the body of a POST.
	async posted(session, body, headers) {
		await session.post(body, headers);
		return this.pollFate(session);
	}

	async pollFate(session) {
		const answer = await session.request({ method: "POST", body: session.encode("6") });
		return answer.status === 200 ? "alive" : "closed";
	}
}

// The statuses that come, then whether the connection ends: "400, closed".
export async function fate(connection, ms = patience) {
	const said = [];
	while (!said.includes("nothing")) {
		try {
			said.push((await connection.response(ms)).status);
		} catch {
			said.push(connection.ended ? "closed" : "nothing");
			break;
		}
	}
	return said.join(", ");
}

// The head of a request and no more.
export function head(server, method, path, headers) {
	return requestBytes(server.hostHeader, { method, path, headers });
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Sends many requests on one connection without waiting for answers, and counts the answers, which are
// all alike. Resolves at the last one.
export function pipeline(server, request, count, batch = 500) {
	const connection = new Connection(server);
	const all = Buffer.concat(Array.from({ length: batch }, () => Buffer.from(request)));
	let length = 0, bytes = 0, sent = 0;
	return new Promise((resolve, reject) => {
		const socket = connection.socket;
		const more = () => {
			for (; sent < count && sent * length <= bytes; sent += batch)
				socket.write(all);
		};
		socket.removeAllListeners("data");
		socket.on("data", (data) => {
			if (!length) {
				const end = data.indexOf("\r\n\r\n");
				length = end + 4 + Number(/content-length: (\d+)/i.exec(data.toString("latin1"))[1]);
			}
			bytes += data.length;
			more();
			if (bytes >= count * length) {
				socket.destroy();
				resolve();
			}
		});
		socket.on("close", () => reject(new Error(`${bytes / length} of ${count} answers`)));
		more();
	});
}

function counted(counts) {
	const rows = [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
	return rows.map(([outcome, n]) => `${n} × ${outcome}`).join("; ");
}
