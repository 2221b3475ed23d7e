// The REST API as a business backend calls it.

import assert from "node:assert/strict";
import http from "node:http";

import { faults } from "./openapi.mjs";

// One request. body: a string or bytes are sent as they are, anything else as JSON. The answer:
// { status, headers, text, json (undefined when it is none), ms }. It fails when request and answer
// are not as docs/openapi.yaml says; described: false for what is wrong on purpose, yet taken.
export async function request(base, method, path, options = {}) {
	const { headers = {}, body, agent, described = true } = options;
	const raw = body === undefined || typeof body === "string" || Buffer.isBuffer(body);
	const text = raw ? body : JSON.stringify(body);
	const all = { ...headers };
	if (!raw)
		all["content-type"] = "application/json";
	if (text !== undefined && !all["transfer-encoding"])
		all["content-length"] = Buffer.byteLength(text);
	const got = await exchange(base, { method, path, headers: all, agent }, text);
	const wrong = described ? faults(method, path, { headers: all, body: text }, got) : [];
	if (wrong.length > 0)
		throw new Undescribed(`${method} ${path}, by docs/openapi.yaml: ${wrong.join("; ")}\n` +
			`${text?.slice(0, 2000) ?? ""}\n${got.status} ${got.text.slice(0, 2000)}`);
	return got;
}

// Tests that wait and retry may swallow it: the process fails all the same.
class Undescribed extends Error {
	constructor(message) {
		super(message);
		if (!process.exitCode)
			process.once("exit", () => console.error(`not described: ${message}`));
		process.exitCode = 1;
	}
}

function exchange(base, options, text) {
	const { hostname, port } = new URL(base);
	const { method, path } = options;
	const start = performance.now();
	return new Promise((resolve, reject) => {
		const req = http.request({ hostname, port, ...options });
		req.setTimeout(30_000, () => req.destroy(new Error(`${method} ${path}: no answer in 30 s`)));
		req.on("error", reject);
		req.on("response", (res) => {
			const chunks = [];
			res.on("data", (chunk) => chunks.push(chunk));
			res.on("error", reject);
			res.on("end", () => {
				const answer = Buffer.concat(chunks).toString();
				resolve({
					status: res.statusCode,
					headers: res.headers,
					text: answer,
					json: parse(answer),
					ms: performance.now() - start,
				});
			});
		});
		req.end(text);
	});
}

function parse(text) {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}

// Keeps connections, though none that a web server may be closing at that moment: those end one that
// was idle for 60 s or longer.
export function keptAgent(options) {
	return new http.Agent({ keepAlive: true, timeout: 5000, ...options });
}

export function basic(user, password) {
	return `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}

// Requests in the name of one user, over kept connections.
export class Rest {
	constructor(base, user, password) {
		this.base = base;
		this.headers = { authorization: basic(user, password) };
		this.agent = keptAgent({ maxSockets: 16 });
	}

	send(method, path, body, more) {
		return request(this.base, method, path,
			{ headers: this.headers, body, agent: this.agent, ...more });
	}

	// The JSON of a successful answer; anything else is an error.
	async call(method, path, body, more) {
		const answer = await this.send(method, path, body, more);
		if (answer.status !== 200)
			throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
		return answer.json;
	}

	// Expects a refusal: status, message and the shape that all errors have.
	async refused(method, path, body, status, message) {
		const answer = await this.send(method, path, body);
		const { code, msg, error } = answer.json ?? {};
		assert.deepEqual([answer.status, code, msg], [status, 9999, message], answer.text);
		assert.match(error, /^[a-z0-9]+(_[a-z0-9]+)*$/);
	}

	get(path) {
		return this.call("GET", path);
	}

	post(path, body) {
		return this.call("POST", path, body);
	}

	push(room, pushData, more = {}) {
		return this.post("/api/auth/push", { room, pushData, ...more });
	}

	async online(room, detail = false) {
		const query = `room=${encodeURIComponent(room)}${detail ? "&detail=1" : ""}`;
		const [report] = await this.get(`/api/auth/report/online?${query}`);
		return report;
	}

	close() {
		this.agent.destroy();
	}
}
