// One client of light-push on an official socket.io client, of generation 2 (engine.io protocol 3)
// or 4 (engine.io protocol 4).

import { createRequire } from "node:module";
import { Manager as Manager4 } from "socket.io-client-4";

import { within } from "./wait.mjs";

const { Manager: Manager2 } = createRequire(import.meta.url)("socket.io-client-2");

export const versions = ["2.3.0", "4.8.4"];

export const transports = {
	websocket: ["websocket"],
	polling: ["polling"],
	upgrade: ["polling", "websocket"],
};

export class Client {
	// where: { url, path }. identity: uuid, userid, platform, ... sent in the query of the handshake
	// (by: "url") or with the namespace (by: "connect"): its query in 2.x, its auth object in 4.x. With
	// by: "both" the identity goes into the URL and another one, claimed, with the namespace.
	// Clients do not reconnect: a lost connection is to be seen.
	constructor(where, { version, transport = "websocket", by = "url", namespace, identity, claimed }) {
		this.name = `${version} ${transport} by ${by} ${JSON.stringify(identity)}`;
		this.events = [];
		this.pushes = [];
		const old = version.startsWith("2.");
		const options = {
			path: where.path,
			transports: transports[transport],
			reconnection: false,
			autoConnect: false,
			...(by !== "connect" && { query: { ...identity } }),
		};
		this.manager = new (old ? Manager2 : Manager4)(where.url, options);
		const second = by === "both" ? claimed : identity;
		const own = by !== "url" && (old ? { query: second } : { auth: second });
		this.socket = this.manager.socket(namespace, own || {});
		this.ok = new Promise((resolve) => this.socket.once("ok", resolve));
		this.first = new Promise((resolve) => this.watch(old, resolve));
		this.socket.open();
	}

	// Writes down what happens, in order; resolve gets the first of "connect" and the refusal.
	watch(old, resolve) {
		const note = (type, data) => {
			this.events.push({ type, data });
			resolve({ type, data });
		};
		this.socket.on("connect", () => note("connect"));
		// A refusal by the namespace and, in 2.x, a failure of the transport as well.
		this.socket.on(old ? "error" : "connect_error", (e) => note("refused", e?.message ?? e));
		if (old)
			this.socket.on("connect_error", (e) => note("refused", `transport: ${e?.message ?? e}`));
		this.socket.on("disconnect", (reason) => note("disconnect", reason));
		this.socket.on("push", (message) => {
			this.pushes.push(message);
			this.onPush?.(message);
		});
	}

	// The payload of "ok"; fails when the client is refused.
	async connected() {
		const first = await within(30_000, `connect or refusal of ${this.name}`, this.first);
		if (first.type !== "connect")
			throw new Error(`${this.name}: ${first.type}: ${first.data}`);
		return within(20_000, `"ok" for ${this.name}`, this.ok);
	}

	// An event with an answer.
	call(event, ...args) {
		return within(20_000, `answer to ${event} for ${this.name}`,
			new Promise((resolve) => this.socket.emit(event, ...args, resolve)));
	}

	async join(room) {
		const answer = await this.call("joinRoom", room);
		if (answer.status !== 200)
			throw new Error(`${this.name}: joinRoom: ${JSON.stringify(answer)}`);
	}

	get transport() {
		return this.manager.engine.transport.name;
	}

	get lost() {
		return this.events.filter(({ type }) => type === "disconnect");
	}

	// From now on it sends no heartbeats: what reached it, it does not prove.
	mute() {
		const { engine } = this.manager;
		const name = engine.sendPacket ? "sendPacket" : "_sendPacket";
		const send = engine[name];
		engine[name] = function sendOthers(type, ...more) {
			if (type !== "ping" && type !== "pong")
				send.call(this, type, ...more);
		};
	}

	close() {
		this.socket.close();
		this.manager.engine?.close();
	}
}

export async function connectClient(where, options) {
	const client = new Client(where, options);
	await client.connected();
	return client;
}
