// One TCP connection under byte control: what is written goes out as it is, and answers are read
// off the bytes that came, none thrown away.

import net from "node:net";

const patience = 5000; // ms for anything that must come

export class Connection {
	constructor({ host, port }) {
		this.bytes = Buffer.alloc(0);
		this.ended = false;
		this.endedAt = undefined;
		this.waiting = undefined;
		this.socket = net.connect({ host, port, noDelay: true, allowHalfOpen: true });
		this.socket.on("data", (data) => {
			this.bytes = this.bytes.length ? Buffer.concat([this.bytes, data]) : data;
			this.waiting?.();
		});
		// A reset is an end as well.
		for (const event of ["end", "error", "close"])
			this.socket.on(event, () => this.#end());
	}

	#end() {
		this.ended = true;
		this.endedAt ??= performance.now();
		this.waiting?.();
	}

	write(...parts) {
		if (this.socket.writable)
			this.socket.write(Buffer.concat(parts.map((part) => Buffer.from(part))));
	}

	// Resolves once what was written is with the system.
	flushed() {
		return new Promise((resolve) => {
			if (!this.socket.writable)
				return resolve();
			this.socket.write("", () => resolve()); // also when it fails
		});
	}

	// The first result of read() that is not undefined. It is tried again whenever bytes, or the
	// end, have come.
	until(read, what, ms = patience) {
		return new Promise((resolve, reject) => {
			const timer = setTimeout(() => {
				this.waiting = undefined;
				reject(new Error(`expected ${what}, got nothing in ${ms} ms`));
			}, ms);
			const attempt = () => {
				let result;
				try {
					result = read();
				} catch (error) {
					clearTimeout(timer);
					this.waiting = undefined;
					return reject(error);
				}
				if (result === undefined)
					return;
				clearTimeout(timer);
				this.waiting = undefined;
				resolve(result);
			};
			this.waiting = attempt;
			attempt();
		});
	}

	take(n) {
		const taken = this.bytes.subarray(0, n);
		this.bytes = this.bytes.subarray(n);
		return taken;
	}

	// The next HTTP answer: { status, headers, body, text }.
	response(ms) {
		return this.until(() => this.#readResponse(), "an HTTP answer", ms);
	}

	#readResponse() {
		const end = this.bytes.indexOf("\r\n\r\n");
		if (end < 0) {
			if (this.ended)
				throw new Error(`expected an HTTP answer, got the end after "${this.bytes}"`);
			return undefined;
		}
		const [line, ...rows] = this.bytes.subarray(0, end).toString("latin1").split("\r\n");
		const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(line)?.[1]);
		if (!status)
			throw new Error(`expected an HTTP answer, got "${line}"`);
		const headers = readHeaders(rows);
		const body = this.#bodyAt(end + 4, status, headers);
		if (!body)
			return undefined;
		this.take(body.end);
		return { status, headers, body: body.data, text: body.data.toString() };
	}

	// { data, end } of the body that begins at start, undefined while it is incomplete.
	#bodyAt(start, status, headers) {
		const length = headers["content-length"];
		if (status === 101 || status === 204 || status === 304)
			return { data: Buffer.alloc(0), end: start };
		if (headers["transfer-encoding"] === "chunked")
			return this.#chunksAt(start);
		if (length === undefined) // until the end
			return this.ended ? { data: this.bytes.subarray(start), end: this.bytes.length } : undefined;
		const end = start + Number(length);
		return this.bytes.length < end ? undefined : { data: this.bytes.subarray(start, end), end };
	}

	#chunksAt(start) {
		const chunks = [];
		for (let at = start; ; ) {
			const eol = this.bytes.indexOf("\r\n", at);
			if (eol < 0)
				return undefined;
			const size = parseInt(this.bytes.subarray(at, eol), 16);
			const end = eol + 2 + size + 2;
			if (this.bytes.length < end)
				return undefined;
			if (size === 0)
				return { data: Buffer.concat(chunks), end };
			chunks.push(this.bytes.subarray(eol + 2, end - 2));
			at = end;
		}
	}

	// Waits for the end of the connection from the other side.
	async end(ms) {
		await this.until(() => this.ended || undefined, "the end of the connection", ms);
		this.socket.destroy();
	}

	// Our end, at once and without a word.
	drop() {
		this.socket.destroy();
	}
}

function readHeaders(rows) {
	const headers = {};
	for (const row of rows) {
		const colon = row.indexOf(":");
		const name = row.slice(0, colon).toLowerCase();
		const value = row.slice(colon + 1).trim();
		headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
	}
	return headers;
}

// The bytes of a request. headers: those given come after Host; length and body follow.
export function requestBytes(host, { method = "GET", path, headers = {}, body }) {
	const rows = { Host: host, ...headers };
	if (body !== undefined && !("Content-Length" in rows) && !("Transfer-Encoding" in rows))
		rows["Content-Length"] = Buffer.byteLength(body);
	const head = Object.entries(rows).map(([name, value]) => `${name}: ${value}\r\n`);
	return Buffer.concat([
		Buffer.from(`${method} ${path} HTTP/1.1\r\n${head.join("")}\r\n`, "latin1"),
		Buffer.from(body ?? ""),
	]);
}
