// An engine.io session over either transport and of either protocol, with the same verbs: send a
// packet, get the next one, be closed. A packet is a string that begins with its type digit, or a
// Buffer: a binary message.

import querystring from "node:querystring";

import { Connection, requestBytes } from "./connection.mjs";
import { Close, End, Mismatch, Phrase, check, same } from "./expect.mjs";
import * as payload from "./payload.mjs";
import { WebSocket, frame, BINARY, CLOSE, TEXT, closePayload } from "./websocket.mjs";

const messages = [
	"Transport unknown",
	"Session ID unknown",
	"Bad handshake method",
	"Bad request",
	"Forbidden",
	"Unsupported protocol version",
];

// The answer is the error with that code.
export function isError(answer, code, message = messages[code]) {
	same(answer.text, JSON.stringify({ code, message }));
	same(answer.status, code === 4 ? 403 : 400);
	same(answer.headers["content-type"], /^application\/json/);
}

export function isOk(answer) {
	same([answer.status, answer.text], [200, "ok"]);
}

// One request on a connection of its own.
export async function request(address, { headers, ...what }, ms) {
	const connection = new Connection(address);
	const all = { Connection: "close", ...headers };
	connection.write(requestBytes(address.hostHeader, { headers: all, ...what }));
	try {
		return await connection.response(ms);
	} finally {
		connection.drop();
	}
}

class Session {
	constructor(address, { eio, path = "/socket.io/", query = "", raw = false, manual = false }) {
		this.address = address;
		this.eio = eio;
		this.path = path;
		this.query = query;
		this.raw = raw; // the application is the raw echo
		this.manual = manual; // the case takes care of the heartbeat
	}

	// Takes the open packet, which must come first.
	readOpen(packet) {
		same(packet, /^0\{/);
		this.opened = JSON.parse(packet.slice(1));
		this.sid = this.opened.sid;
		same(this.sid, /^[A-Za-z0-9_-]{16,}$/);
	}

	// Into the namespace "/".
	async join() {
		if (this.eio === 4)
			await this.send("40");
		await this.gets(this.eio === 4 ? new Phrase('40{"sid":"<id>"}') : "40");
	}

	async gets(...expected) {
		for (const one of expected)
			same(await this.next(), one);
	}

	// The session lives, and nothing is on its way that was not expected.
	async isAlive() {
		const sign = this.raw ? "4alive" : '42["echo","alive"]';
		await this.send(sign);
		same(await this.next(), sign);
	}

	async isGone() {
		isError(await this.request({}), 1);
	}

	// The connection was closed, by which the session ends too, though perhaps not that instant.
	async isSoonGone() {
		let answer;
		for (let i = 0; i < 20 && !answer?.text.startsWith('{"code":1,'); i++)
			answer = await this.request({});
		isError(answer, 1);
	}

	request({ method, extra = "", headers, body }, ms) {
		return request(this.address, { method, headers, body, path: this.url(extra) }, ms);
	}

	url(extra) {
		return `${this.path}?EIO=${this.eio}&transport=polling&sid=${this.sid}${extra}`;
	}
}

export class WsSession extends Session {
	transport = "W";

	static async open(address, options) {
		const s = new WsSession(address, options);
		const query = `EIO=${s.eio}&transport=websocket${s.query}`;
		s.ws = await WebSocket.open(address, `${s.path}?${query}`, options.headers);
		s.readOpen(await s.ws.next());
		s.#beat();
		return s;
	}

	// The websocket has taken over from polling.
	static upgraded(poll, ws) {
		const s = new WsSession(poll.address, poll);
		s.sid = poll.sid;
		s.ws = ws;
		s.#beat();
		return s;
	}

	#beat() {
		if (this.eio === 3 && !this.manual)
			this.timer = setInterval(() => this.ws.send("2"), this.opened?.pingInterval ?? 200);
	}

	send(packet) {
		if (typeof packet === "string")
			this.ws.write(frame(TEXT, packet));
		else
			this.ws.write(frame(BINARY, this.eio === 3 ? [4, ...packet] : packet));
	}

	async next(ms) {
		for (;;) {
			const got = await this.ws.next(ms);
			if (this.#isHeartbeat(got))
				continue;
			if (!Buffer.isBuffer(got) || this.eio === 4)
				return got;
			same(got[0], 4);
			return got.subarray(1);
		}
	}

	#isHeartbeat(got) {
		if (this.manual || got !== (this.eio === 4 ? "2" : "3"))
			return false;
		if (this.eio === 4)
			this.ws.send("3");
		return true;
	}

	// A CLOSE frame with that code (undefined: empty), then the end of the connection.
	async closed(code, ms) {
		same(await this.next(ms), new Close(code));
		this.ws.write(frame(CLOSE, code === undefined ? "" : closePayload(code)));
		same(await this.ws.next(), new End());
		this.drop();
	}

	drop() {
		clearInterval(this.timer);
		this.ws.drop();
	}
}

export class PollSession extends Session {
	transport = "P";
	queue = [];

	static async open(address, options) {
		const s = new PollSession(address, options);
		s.base64 = s.eio === 3 && options.base64 !== false;
		const answer = await request(address, { path: s.url(""), headers: options.headers });
		same(answer.status, 200);
		s.handshake = answer;
		const [open, ...more] = s.decode(answer);
		s.readOpen(open);
		s.queue.push(...more);
		return s;
	}

	url(extra) {
		const b64 = this.base64 ? "&b64=1" : "";
		const sid = this.sid ? `&sid=${this.sid}` : "";
		return `${this.path}?EIO=${this.eio}&transport=polling${b64}${this.query}${sid}${extra}`;
	}

	encode(...packets) {
		return this.eio === 4 ? payload.encode4(packets) : payload.encode3(packets);
	}

	decode({ headers, text, body }) {
		if (headers["content-type"] === "application/octet-stream")
			return payload.unframe3(body);
		return this.eio === 4 ? payload.decode4(text) : payload.decode3(text);
	}

	post(body, headers) {
		const type = { "Content-Type": "text/plain;charset=UTF-8" };
		return this.request({ method: "POST", body, headers: { ...type, ...headers } });
	}

	async send(...packets) {
		isOk(await this.post(this.encode(...packets)));
	}

	poll(extra) {
		return this.request({ extra });
	}

	// A GET that waits; the server has it when this resolves.
	async hold() {
		const held = new Connection(this.address);
		held.write(requestBytes(this.address.hostHeader, { path: this.url("") }));
		await passed(this.address);
		return held;
	}

	// A websocket that may take over.
	websocket(t) {
		const query = `EIO=${this.eio}&transport=websocket&sid=${this.sid}`;
		return t.websocket(query, undefined, this.path);
	}

	// The same, and the server has seen the probe.
	async probe(t) {
		const ws = await this.websocket(t);
		ws.send("2probe");
		await ws.gets("3probe");
		return ws;
	}

	// The websocket takes over; the session goes on there.
	async upgrade(t) {
		const ws = await this.probe(t);
		ws.send("5");
		return t.keep(WsSession.upgraded(this, ws));
	}

	// The next packet; an answer that is no success is returned as it came.
	async next() {
		while (!this.queue.length) {
			const refusal = await this.#fetch();
			if (refusal)
				return refusal;
		}
		return this.queue.shift();
	}

	// One poll. Returns the answer if it is no success.
	async #fetch() {
		const answer = await this.poll();
		if (answer.status !== 200)
			return answer;
		this.queue.push(...this.decode(answer));
		await this.#answerPings();
		return undefined;
	}

	async #answerPings() {
		if (this.manual || this.eio === 3 || !this.queue.includes("2"))
			return;
		this.queue = this.queue.filter((packet) => packet !== "2");
		await this.send("3");
	}

	// Nothing but close and noop packets is left to take, then the session is unknown.
	async closed() {
		await this.closedAfter();
	}

	// The same, but with these packets, in order, among what is left.
	async closedAfter(...packets) {
		for (let i = 0; i < 10; i++) {
			const got = await this.next();
			if (got.status) {
				isError(got, 1);
				same(packets, []);
				return;
			}
			if (got === packets[0])
				packets.shift();
			else if (got !== "1" && got !== "6")
				throw new Mismatch("the session closed", got);
		}
		throw new Mismatch("the session closed", "more and more packets");
	}

	// Keeps the session from timing out while a case waits for something else. Resolves when the
	// case says so.
	async keepAlive(until) {
		let on = true;
		until.finally(() => (on = false)).catch(() => {});
		const beat = this.eio === 3
			? setInterval(() => this.send("2").catch(() => {}), 100) : undefined;
		while (on) {
			same(await this.#fetch(), undefined);
			same(this.queue.filter((packet) => packet !== "3" && packet !== "6"), []);
			this.queue = [];
		}
		clearInterval(beat);
		return until;
	}

	drop() {}
}

// Resolves when the server has seen all that was written to it before.
export async function passed(address) {
	isError(await request(address, { path: "/socket.io/?EIO=4&transport=polling&sid=passed" }), 1);
}

// What the application was told when the socket joined: the query of the URL and of the namespace in
// one, and the auth object. nsp: "" or "/demo,".
export async function joinedWith(s, nsp = "") {
	await s.send(`42${nsp}["query"]`);
	const got = await s.next();
	same(got.slice(0, 2 + nsp.length), `42${nsp}`);
	const [, url, packet, auth] = JSON.parse(got.slice(2 + nsp.length));
	return { query: { ...decoded(url), ...decoded(packet) }, auth };
}

// As querystring of node does it: an escape that is none stays as it is.
const decoded = (query) => querystring.parse(query);
