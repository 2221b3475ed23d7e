// The list of cases. A file of cases/ adds its own with test() or row().

import { Connection } from "./connection.mjs";
import { PollSession, WsSession, passed, request } from "./session.mjs";
import { WebSocket } from "./websocket.mjs";

export const cases = [];

// id: the section's letter and a number. run(t): t is a Context. Options:
//   server   the variant it is played against, see servers.mjs
//   timed    it measures time: it runs while nothing else does, and again if it fails
//   slow     it waits for long: it begins before the others
//   heavy    it takes processes of its own: only some run at a time
//   label    tells cases of the same id apart
export function test(id, run, options = {}) {
	cases.push({ id, run, server: "plain", label: "", ...options });
}

// The same with a session open: one case for each of the sessions given by opened() or joined().
export function row(id, sessions, run, options = {}) {
	for (const one of [sessions].flat()) {
		const label = `EIO${one.eio} ${one.transport} ${options.label ?? ""}`.trim();
		test(id, async (t) => run(await t.open(one), t), { ...options, label });
	}
}

// What is open when a case begins: a session of that protocol and transport, "P" polling or "W"
// websocket; more: see the sessions in session.mjs.
export function opened(eio, transport, more = {}) {
	return { eio, transport, ...more };
}

// The same, in the namespace "/".
export function joined(eio, transport, more = {}) {
	return { eio, transport, joined: true, ...more };
}

// The same in both protocols.
export function both(transport, more = {}) {
	return [joined(3, transport, more), joined(4, transport, more)];
}

// What a case has in hand. All it opened is closed at its end.
export class Context {
	#open = [];

	constructor(server, servers) {
		this.server = server;
		this.servers = servers;
	}

	keep(thing) {
		this.#open.push(thing);
		return thing;
	}

	async open({ transport, joined, ...options }) {
		const type = transport === "W" ? WsSession : PollSession;
		const session = this.keep(await type.open(this.server, options));
		if (joined)
			await session.join();
		return session;
	}

	// A plain TCP connection.
	connect() {
		return this.keep(new Connection(this.server));
	}

	// A request for /socket.io/ with that query, on a connection of its own.
	get(query, headers) {
		return this.request({ path: `/socket.io/?${query}`, headers });
	}

	request(what) {
		return request(this.server, what);
	}

	async websocket(query, headers, path = "/socket.io/") {
		return this.keep(await WebSocket.open(this.server, `${path}?${query}`, headers));
	}

	passed() {
		return passed(this.server);
	}

	end() {
		for (const thing of this.#open)
			thing.drop();
	}
}
