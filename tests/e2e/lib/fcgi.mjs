// API processes of their own beside that of a stack, spoken to as a web server does: FastCGI.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import net from "node:net";
import path from "node:path";

import { until } from "./wait.mjs";

const BEGIN = 1;
const PARAMS = 4;
const STDIN = 5;
const STDOUT = 6;
const RESPONDER = 1;
const CHUNK = 65_535;

function record(type, content = Buffer.alloc(0)) {
	const head = Buffer.from([1, type, 0, 1, content.length >> 8, content.length & 255, 0, 0]);
	return Buffer.concat([head, content]);
}

function chunks(type, content) {
	const parts = [];
	for (let at = 0; at < content.length; at += CHUNK)
		parts.push(record(type, content.subarray(at, at + CHUNK)));
	return Buffer.concat(parts);
}

function stream(type, content) {
	return Buffer.concat([chunks(type, content), record(type)]);
}

// The web server gives the request up.
export const ABORT = record(2);

function pair(name, value) {
	const lengths = Buffer.alloc(8);
	lengths.writeUInt32BE((0x8000_0000 | Buffer.byteLength(name)) >>> 0, 0);
	lengths.writeUInt32BE((0x8000_0000 | Buffer.byteLength(value)) >>> 0, 4);
	return Buffer.concat([lengths, Buffer.from(name), Buffer.from(value)]);
}

// What the records of an answer carry.
function output(bytes) {
	const parts = [];
	for (let at = 0; at + 8 <= bytes.length;) {
		const length = bytes.readUInt16BE(at + 4);
		if (bytes[at + 1] === STDOUT)
			parts.push(bytes.subarray(at + 8, at + 8 + length));
		at += 8 + length + bytes[at + 6];
	}
	return Buffer.concat(parts).toString();
}

export class ApiProcess {
	// program: light-push-api or light-push-admin-api; set: settings to override.
	static async start(stack, name, set = {}, program = "light-push-api") {
		const made = new ApiProcess();
		const listen = program === "light-push-api" ? "api_listen" : "admin_api_listen";
		const build = process.env.LP_BUILD ?? path.join(stack.dir, "build");
		made.socket = path.join(stack.dir, "run", `${name}.sock`);
		const args = ["--config", path.join(stack.dir, "run", "light-push.conf")];
		for (const [key, value] of Object.entries({ redis_timeout: "5s", login_failures: "0", [listen]: `unix:${made.socket}`, ...set }))
			args.push("--set", `${key}=${value}`);
		made.child = spawn(path.join(build, program), args, { stdio: ["ignore", "ignore", "inherit"] });
		await until(`${name} listens`, () => existsSync(made.socket));
		return made;
	}

	// Sends a request; its socket. A body in bytes is sent as it is. end: what stands in the place of the end
	// of the body.
	send(method, target, { authorization = "", body, address = "127.0.0.1", params = {}, end = record(STDIN) } = {}) {
		const text = Buffer.isBuffer(body) ? body : Buffer.from(body === undefined ? "" : JSON.stringify(body));
		const all = { REQUEST_METHOD: method, REQUEST_URI: target, REMOTE_ADDR: address,
			HTTP_AUTHORIZATION: authorization, CONTENT_TYPE: "application/json",
			CONTENT_LENGTH: `${text.length}`, ...params };
		const socket = net.connect({ path: this.socket, allowHalfOpen: true });
		socket.write(Buffer.concat([
			record(BEGIN, Buffer.from([0, RESPONDER, 0, 0, 0, 0, 0, 0])),
			stream(PARAMS, Buffer.concat(Object.entries(all).map(([key, value]) => pair(key, value)))),
			chunks(STDIN, text),
			end,
		]));
		return socket;
	}

	// One request; options: as above, params being more of what a web server says. The answer: { status,
	// headers, json }.
	async request(method, target, options) {
		const socket = this.send(method, target, options);
		const got = [];
		socket.on("data", (chunk) => got.push(chunk));
		if (options?.end)
			socket.end();
		await once(socket, "end");
		socket.end();
		const [head, ...rest] = output(Buffer.concat(got)).split("\r\n\r\n");
		const headers = Object.fromEntries(head.split("\r\n").map((line) => {
			const colon = line.indexOf(":");
			return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
		}));
		return { status: Number.parseInt(headers.status, 10), headers, json: JSON.parse(rest.join("\r\n\r\n") || "null") };
	}

	// SIGTERM; returns the exit status.
	async stop() {
		const end = once(this.child, "exit");
		this.child.kill();
		const [status] = await end;
		return status;
	}
}
