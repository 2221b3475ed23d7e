// Stands in for a whole light-push that makes mistakes: takes pushes by REST and hands each to every
// client, as `deliver` says. Knows just enough websocket, engine.io 3 and 4 and socket.io.

import { createHash } from "node:crypto";
import http from "node:http";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const CLOSE = 8;

// An unmasked text frame.
function frame(text) {
	const data = Buffer.from(text);
	const head = data.length < 126 ? Buffer.from([0x81, data.length])
		: Buffer.from([0x81, 126, data.length >> 8, data.length & 0xff]);
	return Buffer.concat([head, data]);
}

// The first frame of a client in a buffer, which is masked and shorter than 64 KB; null: not all is there.
function readFrame(buffer) {
	if (buffer.length < 2)
		return null;
	const short = buffer[1] & 0x7f;
	const at = short === 126 ? 8 : 6;
	if (buffer.length < at)
		return null;
	const length = short === 126 ? buffer.readUInt16BE(2) : short;
	if (buffer.length < at + length)
		return null;
	const mask = buffer.subarray(at - 4, at);
	const data = Buffer.from(buffer.subarray(at, at + length).map((byte, i) => byte ^ mask[i % 4]));
	return { opcode: buffer[0] & 0x0f, text: data.toString(), size: at + length };
}

class Connection {
	constructor(socket, url) {
		this.socket = socket;
		this.uuid = url.searchParams.get("uuid");
		this.engine = Number(url.searchParams.get("EIO"));
		this.rooms = [];
		this.acks = [];
		this.send(`0${JSON.stringify({ sid: this.uuid, upgrades: [], pingInterval: 25_000, pingTimeout: 5000 })}`);
		if (this.engine === 3)
			this.send("40");
		let buffer = Buffer.alloc(0);
		socket.on("data", (data) => {
			buffer = Buffer.concat([buffer, data]);
			for (let one = readFrame(buffer); one; one = readFrame(buffer)) {
				buffer = buffer.subarray(one.size);
				if (one.opcode === CLOSE)
					socket.end(Buffer.from([0x88, 0]));
				else
					this.hear(one.text);
			}
		});
		socket.on("error", () => {});
	}

	send(text) {
		this.socket.write(frame(text));
	}

	hear(text) {
		const [, namespace, id, body] = /^42(\/\w+),(\d*)(.*)$/.exec(text) ?? [];
		if (text.startsWith("40")) {
			this.namespace = text.slice(2, -1);
			this.send(this.engine === 3 ? text : `${text}{"sid":"${this.uuid}"}`);
		} else if (body) {
			const [event, data] = JSON.parse(body);
			if (event === "joinRoom")
				this.rooms = data;
			if (event === "ackPush")
				this.acks.push(data.id);
			if (id)
				this.send(`43${namespace},${id}[{"status":200,"msg":"ok"}]`);
		}
	}

	push(message) {
		this.send(`42${this.namespace},${JSON.stringify(["push", message])}`);
	}
}

// deliver(connections by uuid, message) is called for each push, with the id that it was answered with.
export async function startDisturbedServer(deliver) {
	const connections = new Map();
	let last = 0;
	const server = http.createServer((request, response) => {
		let body = "";
		request.on("data", (data) => (body += data));
		request.on("end", () => {
			const message = { ...JSON.parse(body), id: ++last };
			response.setHeader("content-type", "application/json");
			response.end(JSON.stringify({ id: message.id }));
			deliver(connections, message);
		});
	});
	server.on("upgrade", (request, socket) => {
		const accept = createHash("sha1").update(request.headers["sec-websocket-key"] + GUID).digest("base64");
		socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
			+ `Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
		const connection = new Connection(socket, new URL(request.url, "http://localhost"));
		connections.set(connection.uuid, connection);
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	return {
		connections,
		port: server.address().port,
		stop() {
			for (const { socket } of connections.values())
				socket.destroy();
			server.closeAllConnections();
			server.close();
		},
	};
}
