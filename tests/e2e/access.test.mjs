// Tokens of every scope at every endpoint; what is revoked or changed is so for all API processes at
// once; passwords are changed without a refused call; several API processes and guessers.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ApiProcess } from "./lib/fcgi.mjs";
import { basic, keptAgent, request } from "./lib/rest.mjs";
import { routes } from "./lib/routes.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/access";
const PASSWORD = `password of ${NAMESPACE}`;
const SCOPES = ["push", "read", "all"];
const CLIENT = `${NAMESPACE}#ann#web-u1`;

let stack;
let owner;
const processes = [];
const agents = [];

before(async () => {
	stack = await startStack({ connectors: 2, set: { redis_timeout: "5s", archive: "off" } });
	owner = await stack.namespace(NAMESPACE);
});

after(async () => {
	for (const agent of agents)
		agent.destroy();
	const ends = await Promise.all(processes.map((one) => one.stop()));
	await stack?.stop();
	assert.ok(ends.every((status) => status === 0), `API processes ended with ${ends}`);
});

async function startProcess(name, set, program) {
	const made = await ApiProcess.start(stack, name, set, program);
	processes.push(made);
	return made;
}

// Requests through the web server with one Authorization header.
function caller(authorization) {
	const agent = keptAgent();
	agents.push(agent);
	return (method, path, body) =>
		request(stack.env.LP_WEB_URL, method, path, { headers: { authorization }, body, agent });
}

async function newToken(scope, password = PASSWORD) {
	const { json } = await caller(basic(NAMESPACE, password))("POST", "/api/auth/token", { name: scope, scope });
	return { id: json.id, authorization: `Bearer ${json.token}` };
}

// What each endpoint is asked for, and its answer's status; {} and 200 where nothing is said.
const asked = {
	"POST /api/auth/push": [{ room: "r", pushData: { n: 1 } }],
	"POST /api/auth/push/batch": [{ messages: [{ room: "r", pushData: { n: 1 } }] }],
	"POST /api/auth/transfer": [{ targetRoom: "r", sourceRooms: ["s"], type: "join" }],
	"POST /api/auth/client": [{ id: CLIENT }],
	"POST /api/auth/client/disconnect": [{ id: CLIENT }],
	"POST /api/auth/room-apns": [{ room: "r", add: ["s"] }],
	"POST /api/auth/room-leave-message": [{ room: "r", leaveMessage: true }],
	"POST /api/auth/namespace/save": [{ name: "of a token" }],
	"POST /api/auth/token": [{ name: "more", scope: "all" }],
	"POST /api/auth/token/revoke": [{ id: "AAAAAAAAAAAA" }, 404],
	// there is no archive
	"GET /api/auth/history": [undefined, 503],
	"GET /api/auth/history/stat": [undefined, 503],
	"GET /api/auth/history/export": [undefined, 503],
	"GET /api/auth/history/clients": [undefined, 503],
	"GET /api/auth/history/:id": [undefined, 503],
};
// As docs/API.md has it, not as the table does.
const mayAsk = (method, path) => path === "/api/auth/login" ? SCOPES
	: path.startsWith("/api/auth/token") ? []
		: path.startsWith("/api/auth/push") ? ["push", "all"]
			: method === "GET" ? ["read", "all"]
				: ["all"];
const NOT_ALLOWED = { code: 9999, msg: "not allowed with this token", error: "scope_insufficient" };

test("tokens of each scope at each endpoint", async () => {
	const callers = {};
	for (const scope of SCOPES)
		callers[scope] = caller((await newToken(scope)).authorization);
	const { id } = await owner.push("r", { n: 1 });
	const rows = routes().filter(({ auth }) => auth === "namespace" || auth === "push");
	assert.ok(rows.length >= 24);
	for (const { method, path: pattern } of rows) {
		const path = pattern.replace(":id", id);
		const [body, status = 200] = asked[`${method} ${pattern}`] ?? [method === "POST" ? {} : undefined];
		const allowed = mayAsk(method, pattern);
		for (const scope of SCOPES) {
			const got = await callers[scope](method, path, body);
			const what = `${scope}: ${method} ${path}: ${got.text}`;
			if (!allowed.includes(scope)) {
				assert.equal(got.status, 403, what);
				assert.deepEqual(got.json, NOT_ALLOWED, what);
				continue;
			}
			// just what the password gets, but for what each push changes
			assert.equal(got.status, status, what);
			const own = await owner.send(method, path, body);
			if (method === "GET" && !/message-stat|timeline/.test(path))
				assert.deepEqual(got.json, own.json, what);
			else
				assert.equal(got.status, own.status, what);
		}
		assert.equal((await owner.send(method, path, body)).status, status, `password: ${method} ${path}`);
	}
	// nor are they of any use elsewhere
	for (const scope of SCOPES) {
		assert.equal((await callers[scope]("POST", "/api/admin/login", {})).status, 401);
		assert.equal((await callers[scope]("GET", `/api/admin/as/${encodeURIComponent(NAMESPACE)}/rooms`)).status, 401);
	}
	for (const field of ["auth_passwd", "auth_passwd2"]) {
		const { status, json } = await callers.all("POST", "/api/auth/namespace/save", { [field]: "mine" });
		assert.equal(status, 403);
		assert.equal(json.error, "scope_insufficient");
	}
});

test("what is revoked or changed is so for every API process at once", async () => {
	const apis = [await startProcess("api-a"), await startProcess("api-b"), await startProcess("api-c")];
	const all = (authorization, method, path, body) => Promise.all(
		apis.map(async (api) => (await api.request(method, path, { authorization, body })).status));
	const statuses = async (authorization) => ({
		push: await all(authorization, "POST", "/api/auth/push", { room: "r", pushData: {} }),
		batch: await all(authorization, "POST", "/api/auth/push/batch", { messages: [{ room: "r", pushData: {} }] }),
		rooms: await all(authorization, "GET", "/api/auth/rooms"),
	});
	const every = (status) => ({ push: Array(3).fill(status), batch: Array(3).fill(status), rooms: Array(3).fill(status) });
	const stays = await newToken("all");
	for (let round = 0; round < 5; round++) {
		const secret = round ? `password ${round}` : PASSWORD;
		const password = basic(NAMESPACE, secret);
		const goes = await newToken("all", secret);
		for (let warm = 0; warm < 2; warm++) { // the second from what a process remembers
			for (const authorization of [goes.authorization, stays.authorization, password])
				assert.deepEqual(await statuses(authorization), every(200));
		}
		const { status } = await apis[round % 3].request("POST", "/api/auth/token/revoke",
			{ authorization: password, body: { id: goes.id } });
		assert.equal(status, 200);
		assert.deepEqual(await statuses(goes.authorization), every(401));
		assert.deepEqual(await statuses(stays.authorization), every(200));
		const next = `password ${round + 1}`;
		await apis[(round + 1) % 3].request("POST", "/api/auth/namespace/save",
			{ authorization: password, body: { auth_passwd: next } });
		assert.deepEqual(await statuses(password), every(401));
		assert.deepEqual(await statuses(stays.authorization), every(200));
	}
	await stack.admin.post("/api/admin/namespace/save", { key: NAMESPACE, auth_passwd: PASSWORD });
});

test("a password is changed under traffic, and no call is refused", async () => {
	const secrets = Array(8).fill(PASSWORD);
	let over = false;
	const sent = [];
	const begun = []; // what each caller's last call came with
	const traffic = secrets.map(async (_, i) => {
		const callers = new Map();
		for (let n = 0; !over; n++) {
			const secret = secrets[i];
			begun[i] = secret;
			if (!callers.has(secret))
				callers.set(secret, caller(basic(NAMESPACE, secret)));
			const [method, path, body] = n % 4 ? ["POST", "/api/auth/push", { room: "r", pushData: { i, n } }]
				: ["GET", "/api/auth/rooms"];
			const { status, text } = await callers.get(secret)(method, path, body);
			assert.equal(status, 200, `caller ${i} with ${secret}: ${text}`);
			sent.push(i);
		}
	});
	const calls = async (count) => {
		const from = sent.length;
		await until(`${count} calls`, () => sent.length >= from + count, 30_000);
	};
	const change = async () => {
		for (const [from, to] of [[PASSWORD, "the next one"], ["the next one", PASSWORD]]) {
			const by = (authorization) => caller(authorization);
			const save = async (secret, body) => assert.equal(
				(await by(basic(NAMESPACE, secret))("POST", "/api/auth/namespace/save", body)).status, 200);
			await calls(40);
			await save(from, { auth_passwd2: to });
			for (let i = 0; i < secrets.length; i++) {
				secrets[i] = to;
				await calls(10);
			}
			await until("nobody is on the way with the old one", () => begun.every((secret) => secret === to));
			await calls(40);
			await save(to, { auth_passwd: to, auth_passwd2: "" });
			await calls(40);
			assert.equal((await by(basic(NAMESPACE, from))("GET", "/api/auth/rooms")).status, 401);
		}
	};
	await Promise.race([change(), Promise.all(traffic)]);
	over = true;
	await Promise.all(traffic);
	assert.equal(new Set(sent).size, secrets.length);
});

test("guesses side by side; the password that was right there goes on", async () => {
	const api = await startProcess("api-gate", { login_failures: "5", login_failures_time: "1h" });
	const ask = (secret, address, params) => api.request("GET", "/api/auth/rooms",
		{ authorization: basic(NAMESPACE, secret), address, params });
	const at = (address, count) => Promise.all(Array.from({ length: count }, async (_, i) =>
		(await ask(`guess ${i}`, address)).status));
	assert.equal((await ask(PASSWORD, "192.0.2.1")).status, 200);
	// a caller that begins with many requests at a time
	assert.deepEqual(await Promise.all(Array.from({ length: 40 }, async () => (await ask(PASSWORD, "192.0.2.9")).status)),
		Array(40).fill(200));
	const guesses = await at("192.0.2.1", 60);
	assert.equal(guesses.filter((status) => status === 401).length, 5);
	assert.equal(guesses.filter((status) => status === 429).length, 55);
	assert.equal((await ask(PASSWORD, "192.0.2.1")).status, 200);
	assert.equal((await ask("a guess", "192.0.2.1")).status, 429);
	// who fails elsewhere, also by saying to be there, is another one
	const six = await Promise.all([...Array(20).keys()].map(async (i) =>
		(await ask("a guess", `2001:db8::${i}`, { HTTP_X_FORWARDED_FOR: `198.51.100.${i}` })).status));
	assert.equal(six.filter((status) => status === 401).length, 5);
	assert.equal((await ask(PASSWORD, "2001:db8::99")).status, 429);
	assert.equal((await ask(PASSWORD, "2001:db8:0:1::99")).status, 200);
	assert.equal((await ask(PASSWORD, "198.51.100.1")).status, 200);
});

test("after the time it is right again", async () => {
	for (const program of ["light-push-api", "light-push-admin-api"]) {
		const api = await startProcess(program, { login_failures: "2", login_failures_time: "8s" }, program);
		const admin = program === "light-push-admin-api";
		const [user, secret] = admin ? [stack.env.LP_ADMIN_USER, stack.env.LP_ADMIN_PASSWORD] : [NAMESPACE, PASSWORD];
		let address;
		const login = (text) => api.request("POST", admin ? "/api/admin/login" : "/api/auth/login",
			{ authorization: basic(user, text), body: {}, address });
		// from elsewhere where that took so long that a guess was allowed again
		let host = 0;
		const { headers, json } = await until("the right password is not taken", async () => {
			address = `192.0.2.${++host}`;
			await Promise.all(Array.from({ length: 10 }, () => login("a guess")));
			const answer = await login(secret);
			return answer.status === 429 && answer;
		});
		const began = Date.now();
		assert.equal(json.error, "logins_limited");
		const wait = Number(headers["retry-after"]);
		assert.ok(wait >= 1 && wait <= 4, headers["retry-after"]);
		await until("the right password is taken", async () => (await login(secret)).status === 200, 20_000);
		assert.ok(Date.now() - began <= wait * 1000 + 10_000, "much later than Retry-After said");
		assert.equal((await login(secret)).status, 200);
	}
});
