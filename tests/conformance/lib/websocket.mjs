// A websocket client for which a wrong frame is as easy as a right one.

import { createHash, randomBytes } from "node:crypto";
import zlib from "node:zlib";

import { Connection, requestBytes } from "./connection.mjs";
import { Close, End, check, same } from "./expect.mjs";

export const CONTINUATION = 0;
export const TEXT = 1;
export const BINARY = 2;
export const CLOSE = 8;
export const PING = 9;
export const PONG = 10;

const guid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

export function acceptOf(key) {
	return createHash("sha1").update(key + guid).digest("base64");
}

// The bytes of a client's frame. rsv: bits 4, 2, 1; lengthBytes: 0, 2 or 8 to force the form of the
// length; length: what the head says, when that is not the truth.
export function frame(opcode, payload = "", more = {}) {
	const { fin = true, rsv = 0, mask = true, lengthBytes, length } = more;
	const data = Buffer.from(payload);
	const said = BigInt(length ?? data.length);
	const form = lengthBytes ?? (said < 126n ? 0 : said < 65536n ? 2 : 8);
	const head = Buffer.alloc(2 + form);
	head[0] = (fin ? 0x80 : 0) | (rsv << 4) | opcode;
	head[1] = (mask ? 0x80 : 0) | (form === 0 ? Number(said) : form === 2 ? 126 : 127);
	if (form === 2)
		head.writeUInt16BE(Number(said), 2);
	if (form === 8)
		head.writeBigUInt64BE(said, 2);
	if (!mask)
		return Buffer.concat([head, data]);
	const key = randomBytes(4);
	const masked = Buffer.from(data);
	for (let i = 0; i < masked.length; i++)
		masked[i] ^= key[i & 3];
	return Buffer.concat([head, key, masked]);
}

export function closePayload(code, reason = "") {
	const data = Buffer.concat([Buffer.alloc(2), Buffer.from(reason)]);
	data.writeUInt16BE(code);
	return data;
}

// The request for a websocket; headers replace or add to the usual ones.
export function upgradeRequest(host, path, headers = {}, method = "GET") {
	const usual = {
		Upgrade: "websocket",
		Connection: "Upgrade",
		"Sec-WebSocket-Version": 13,
		"Sec-WebSocket-Key": randomBytes(16).toString("base64"),
	};
	return requestBytes(host, { method, path, headers: { ...usual, ...headers } });
}

export class WebSocket extends Connection {
	// Opens it; fails when the answer is not a proper 101.
	static async open(address, path, headers = {}) {
		const ws = new WebSocket(address);
		const key = headers["Sec-WebSocket-Key"] ?? randomBytes(16).toString("base64");
		ws.write(upgradeRequest(address.hostHeader, path, { ...headers, "Sec-WebSocket-Key": key }));
		ws.answer = await ws.response();
		check(ws.answer.status === 101, "status 101", `${ws.answer.status} ${ws.answer.text}`);
		same(ws.answer.headers["sec-websocket-accept"], acceptOf(key));
		return ws;
	}

	send(data) {
		this.write(frame(typeof data === "string" ? TEXT : BINARY, data));
	}

	// The next frame, undefined while it is incomplete.
	#readFrame() {
		const bytes = this.bytes;
		if (bytes.length < 2)
			return undefined;
		const short = bytes[1] & 0x7f;
		const form = short === 126 ? 2 : short === 127 ? 8 : 0;
		const head = 2 + form;
		if (bytes.length < head)
			return undefined;
		const length = form === 2 ? bytes.readUInt16BE(2)
			: form === 8 ? Number(bytes.readBigUInt64BE(2)) : short;
		if (bytes.length < head + length)
			return undefined;
		check((bytes[1] & 0x80) === 0, "an unmasked frame", bytes.subarray(0, 2));
		check((bytes[0] & 0x80) !== 0, "a whole message in a frame", bytes.subarray(0, 2));
		const deflated = (bytes[0] & 0x40) !== 0;
		const opcode = bytes[0] & 0x0f;
		const data = this.take(head + length).subarray(head);
		if (!deflated)
			return { opcode, data };
		check(this.answer.headers["sec-websocket-extensions"], "no RSV1", "RSV1");
		return { opcode, data: inflate(data) };
	}

	// What comes next: a string (text), a Buffer (binary), { ping } or { pong }, a Close or an End.
	next(ms) {
		return this.until(() => {
			const got = this.#readFrame();
			if (got)
				return meaning(got);
			return this.ended ? new End() : undefined;
		}, "a websocket frame", ms);
	}

	async gets(...expected) {
		for (const one of expected)
			same(await this.next(), one);
	}

	// A CLOSE frame with that code (undefined: empty) and then the end.
	async closes(code, ms) {
		same(await this.next(ms), new Close(code));
		this.write(frame(CLOSE, code === undefined ? "" : closePayload(code)));
		same(await this.next(), new End());
		this.drop();
	}
}

function meaning({ opcode, data }) {
	switch (opcode) {
	case TEXT:
		return data.toString();
	case BINARY:
		return Buffer.from(data);
	case CLOSE:
		return new Close(data.length ? data.readUInt16BE(0) : undefined);
	case PING:
		return { ping: data.toString() };
	case PONG:
		return { pong: data.toString() };
	default:
		throw new Error(`expected a frame, got opcode ${opcode}`);
	}
}

function inflate(data) {
	const whole = Buffer.concat([data, Buffer.from([0, 0, 0xff, 0xff])]);
	return zlib.inflateRawSync(whole, { finishFlush: zlib.constants.Z_SYNC_FLUSH });
}
