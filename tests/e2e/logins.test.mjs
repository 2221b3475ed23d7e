// Who may call: two passwords for a change without a gap, API tokens, and what happens to guessers.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";

import { connectClient, versions } from "./lib/client.mjs";
import { basic, request } from "./lib/rest.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/logins";
const OLD = "password of /logins";
const FAILURES = 5;

let stack;
let owner;
let clients;

before(async () => {
	stack = await startStack({ connectors: 2,
		set: { redis_timeout: "5s", login_failures: `${FAILURES}`, login_failures_time: "1h" } });
	owner = await stack.namespace(NAMESPACE);
	clients = await Promise.all(versions.map(async (version, i) => {
		const client = await connectClient(stack.connector(1 + i),
			{ version, namespace: NAMESPACE, identity: { uuid: `u${i}` } });
		await client.join("news");
		return client;
	}));
});

after(async () => {
	clients?.forEach((client) => client.close());
	await stack?.stop();
});

// Requests with one Authorization header, from one address of this machine.
function caller(authorization, address = "127.0.0.1") {
	const agent = new http.Agent({ localAddress: address });
	return (method, path, body) => request(stack.env.LP_WEB_URL, method, path,
		{ headers: { authorization }, body, agent });
}

const push = { room: "news", pushData: { n: 1 } };

async function reaches(call) {
	const { status, json } = await call("POST", "/api/auth/push", push);
	assert.equal(status, 200);
	for (const client of clients)
		await until(`push ${json.id} at ${client.name}`,
			() => client.pushes.some(({ id }) => id === json.id), 10_000);
}

test("two passwords: callers go over one by one", async () => {
	const before = caller(basic(NAMESPACE, OLD));
	const next = caller(basic(NAMESPACE, "the next one"));
	assert.equal((await owner.get("/api/auth/namespace")).auth_passwd2_set, false);
	await owner.post("/api/auth/namespace/save", { auth_passwd2: "the next one" });
	await reaches(before);
	await reaches(next);
	assert.equal((await owner.get("/api/auth/namespace")).auth_passwd2_set, true);
	const { status } = await next("POST", "/api/auth/namespace/save",
		{ auth_passwd: "the next one", auth_passwd2: "" });
	assert.equal(status, 200);
	await reaches(next);
	// From another address, since this one goes on afterwards.
	const late = caller(basic(NAMESPACE, OLD), "127.0.0.21");
	assert.equal((await late("POST", "/api/auth/push", push)).status, 401);
	assert.equal((await late("GET", "/api/auth/rooms")).status, 401);
	await next("POST", "/api/auth/namespace/save", { auth_passwd: OLD });
});

test("tokens: what each scope allows, and that a revoked one is refused at once", async () => {
	const tokens = {};
	for (const scope of ["push", "read", "all"]) {
		const { id, token } = await owner.post("/api/auth/token", { name: `for ${scope}`, scope });
		assert.match(token, /^lp_[\w-]+\.[\w-]+\.[\w-]{43}$/);
		tokens[scope] = { id, call: caller(`Bearer ${token}`, "127.0.0.22") };
	}
	await reaches(tokens.push.call);
	await reaches(tokens.all.call);
	const rows = [
		["POST", "/api/auth/login", {}, [200, 200, 200]],
		["POST", "/api/auth/push", push, [200, 403, 200]],
		["GET", "/api/auth/report/push", undefined, [403, 200, 200]],
		["GET", "/api/auth/clients", undefined, [403, 200, 200]],
		["GET", "/api/auth/namespace/message-stat", undefined, [403, 200, 200]],
		["POST", "/api/auth/client/disconnect", { userid: "nobody" }, [403, 403, 200]],
		["POST", "/api/auth/namespace/save", { name: "n" }, [403, 403, 200]],
		["POST", "/api/auth/namespace/save", { auth_passwd: "mine now" }, [403, 403, 403]],
		["GET", "/api/auth/token", undefined, [403, 403, 403]],
		["POST", "/api/auth/token", { name: "more", scope: "all" }, [403, 403, 403]],
	];
	for (const [method, path, body, expected] of rows) {
		for (const [i, scope] of ["push", "read", "all"].entries()) {
			const { status, json } = await tokens[scope].call(method, path, body);
			assert.equal(status, expected[i], `${scope}: ${method} ${path}`);
			if (status === 403)
				assert.equal(json.error, "scope_insufficient");
		}
	}
	const { list } = await owner.get("/api/auth/token");
	assert.deepEqual(list.map(({ id, name, scope }) => ({ id, name, scope })),
		["push", "read", "all"].map((scope) => ({ id: tokens[scope].id, name: `for ${scope}`, scope })));
	for (const { create_time: made, last_used_time: used } of list)
		assert.ok(used >= made && Math.abs(Date.now() - used) < 600_000);
	assert.doesNotMatch(JSON.stringify(await stack.redis("HVALS", `lp:{${NAMESPACE}}:tokens`)), /lp_/);

	await owner.post("/api/auth/token/revoke", { id: tokens.push.id });
	const { status, json } = await tokens.push.call("POST", "/api/auth/push", push);
	assert.equal(status, 401);
	assert.equal(json.error, "token_invalid");
	await reaches(tokens.all.call);
});

test("who guesses is slowed down; others are not, and nobody is locked out elsewhere", async () => {
	const guesser = "127.0.0.23";
	for (let i = 0; i < FAILURES; i++) {
		const { status } = await caller(basic(NAMESPACE, `guess ${i}`), guesser)("POST", "/api/auth/login");
		assert.equal(status, 401);
	}
	for (const [method, path] of [["POST", "/api/auth/login"], ["POST", "/api/auth/push"],
		["GET", "/api/auth/rooms"]]) {
		for (const secret of ["guess more", OLD]) {
			const { status, json, headers } = await caller(basic(NAMESPACE, secret), guesser)(method, path);
			assert.equal(status, 429, `${method} ${path}`);
			assert.equal(json.error, "logins_limited");
			assert.ok(Number(headers["retry-after"]) > 60, headers["retry-after"]);
		}
	}
	const { status } = await caller("Bearer lp_x.y.z", guesser)("GET", "/api/auth/rooms");
	assert.equal(status, 429);
	await reaches(caller(basic(NAMESPACE, OLD)));
	await reaches(caller(basic(NAMESPACE, OLD), "127.0.0.24"));
	// The administrator's door is another program, with a count of its own.
	const admin = ({ LP_ADMIN_USER: name }) => basic(name, "a guess");
	for (let i = 0; i < FAILURES; i++)
		assert.equal((await caller(admin(stack.env), guesser)("POST", "/api/admin/login")).status, 401);
	assert.equal((await caller(admin(stack.env), guesser)("POST", "/api/admin/login")).status, 429);
	await stack.admin.post("/api/admin/login", {});
});

test("what is wrong is said with the field", async () => {
	const bad = [
		["/api/auth/token", { scope: "all" }, 400, "name"],
		["/api/auth/token", { name: "x".repeat(101), scope: "all" }, 400, "name"],
		["/api/auth/token", { name: "n", scope: "root" }, 400, "scope"],
		["/api/auth/token/revoke", {}, 400, "id"],
		["/api/auth/token/revoke", { id: "AAAAAAAAAAAA" }, 404, "id"],
	];
	for (const [path, body, expected, field] of bad) {
		const { status, json } = await owner.send("POST", path, body);
		assert.equal(status, expected, path);
		assert.equal(json.field, field);
	}
});
