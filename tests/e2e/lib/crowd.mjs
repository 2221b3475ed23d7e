// Very many clients without a library: bare websockets that speak just enough engine.io 4 and
// socket.io 5. They connect, join rooms, answer pings and note what is pushed to them.

import net from "node:net";

import { within } from "./wait.mjs";

// A text frame; the mask is zero, so the text goes as it is.
function frame(text) {
	const body = Buffer.from(text);
	if (body.length > 65_535)
		throw new Error("too long a frame");
	const head = body.length < 126 ? Buffer.from([0x81, 0x80 | body.length])
		: Buffer.from([0x81, 0xfe, body.length >> 8, body.length & 255]);
	return Buffer.concat([head, Buffer.alloc(4), body]);
}

class Member {
	constructor(crowd, where, identity) {
		this.crowd = crowd;
		this.identity = identity;
		this.id = crowd.idOf(identity);
		this.rooms = [];
		this.pushes = []; // ids
		this.lost = false;
		this.input = Buffer.alloc(0);
		this.ready = new Promise((resolve, reject) => {
			this.isReady = resolve;
			this.fail = reject;
		});
		const { hostname, port } = new URL(where.url);
		const query = new URLSearchParams({ EIO: "4", transport: "websocket", ...identity });
		this.socket = net.connect(Number(port), hostname, () => this.socket.write(
			`GET ${where.path}?${query} HTTP/1.1\r\nHost: ${hostname}\r\nUpgrade: websocket\r\n` +
			"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n" +
			"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
		this.socket.setNoDelay(true);
		this.socket.on("error", () => {}); // "close" follows
		this.closed = new Promise((resolve) => this.socket.on("close", () => {
			this.lost = !this.closing;
			this.fail(new Error(`${this.id} was closed`));
			resolve();
		}));
		this.ready.catch(() => {});
		this.socket.on("data", (data) => this.read(data));
	}

	read(data) {
		this.input = this.input.length ? Buffer.concat([this.input, data]) : data;
		if (!this.upgraded) {
			const end = this.input.indexOf("\r\n\r\n");
			if (end < 0)
				return;
			if (!this.input.toString("latin1", 0, 12).endsWith("101"))
				this.socket.destroy();
			this.upgraded = true;
			this.input = this.input.subarray(end + 4);
		}
		while (this.input.length >= 2) {
			const long = this.input[1] === 126;
			const head = long ? 4 : 2;
			if (this.input.length < head)
				return;
			const length = long ? this.input.readUInt16BE(2) : this.input[1];
			if (this.input.length < head + length)
				return;
			if ((this.input[0] & 15) === 1)
				this.hear(this.input.toString("utf8", head, head + length));
			this.input = this.input.subarray(head + length);
		}
	}

	hear(text) {
		const { namespace, rooms } = this.crowd;
		if (text === "2") {
			this.say("3");
		} else if (text[0] === "0") {
			this.say(`40${namespace},`);
		} else if (text.startsWith("44")) {
			this.fail(new Error(`${this.id}: ${text}`));
		} else if (text.startsWith(`42${namespace},["ok"`)) {
			this.say(`42${namespace},0["joinRoom",${JSON.stringify(rooms)}]`);
		} else if (text.startsWith(`43${namespace},0`)) {
			this.rooms = [...rooms, `user_${this.identity.userid}`];
			this.isReady(this);
		} else if (text.startsWith(`42${namespace},["push"`)) {
			this.pushes.push(JSON.parse(text.slice(text.indexOf("[")))[1].id);
		}
	}

	say(text) {
		this.socket.write(frame(text));
	}

	close() {
		this.closing = true;
		this.socket.destroy();
	}
}

export class Crowd {
	constructor(namespace, rooms) {
		this.namespace = namespace;
		this.rooms = rooms;
		this.members = [];
	}

	idOf({ uuid, userid, platform }) {
		return `${this.namespace}#${userid}#${platform}-${uuid}`;
	}

	// One more, on connector number n of the stack; ready when it is in its rooms.
	async connect(stack, n, identity) {
		const member = new Member(this, stack.connector(n), identity);
		member.connector = n;
		this.members.push(member);
		await within(60_000, `place for ${member.id}`, member.ready);
		return member;
	}

	// Many, some at a time; of(i) gives [connector, identity].
	async connectMany(stack, count, of) {
		const made = [];
		let next = 0;
		const one = async () => {
			while (next < count)
				made.push(await this.connect(stack, ...of(next++)));
		};
		await Promise.all(Array.from({ length: 64 }, one));
		return made;
	}

	close() {
		this.members.forEach((member) => member.close());
	}
}
