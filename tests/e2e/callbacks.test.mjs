// connect_callback and disconnect_callback, against a business system in this file.

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";

import { Client, connectClient, versions } from "./lib/client.mjs";
import { row, socketRow } from "./lib/contract.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const AUTH = "token of the callbacks";
const gone = "disconnect_callback";

let stack;
let server;
let base;
const requests = []; // { method, path, query, headers, body }
const clients = [];

// The path says how it answers; "/hang" never does, "/slow" when the test says so.
let answerSlow;
const slow = new Promise((resolve) => { answerSlow = resolve; });
const answers = {
	"/yes": () => [200, ""],
	"/text": () => [200, "ok"],
	"/slow": () => [200, "", slow],
	"/rename": () => [200, JSON.stringify({ userid: "renamed", rooms: ["vip", "all"] })],
	"/badname": () => [200, JSON.stringify({ userid: "not valid" })],
	"/broken": () => [200, "{\"userid\":"],
	"/no": () => [403, "no"],
	"/elsewhere": () => [302, ""],
	"/flaky": (n) => [n < 3 ? 500 : 200, ""],
};
const tries = new Map();

function handle(req, res) {
	const url = new URL(req.url, "http://x");
	const chunks = [];
	req.on("data", (chunk) => chunks.push(chunk));
	req.on("end", () => {
		const text = Buffer.concat(chunks).toString();
		const key = `${url.pathname} ${text}`;
		tries.set(key, (tries.get(key) ?? 0) + 1);
		requests.push({
			method: req.method,
			path: url.pathname,
			query: Object.fromEntries(url.searchParams),
			headers: req.headers,
			body: text && JSON.parse(text),
		});
		if (!answers[url.pathname])
			return;
		const [status, body, when = Promise.resolve()] = answers[url.pathname](tries.get(key));
		when.then(() => {
			res.writeHead(status, status === 302 ? { location: "/yes" } : {});
			res.end(body);
		});
	});
}

const seen = (path) => requests.filter((request) => request.path === path);

before(async () => {
	server = http.createServer(handle);
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	base = `http://127.0.0.1:${server.address().port}`;
	stack = await startStack({
		connectors: 2,
		set: { redis_timeout: "5s", lease_time: "6s", callback_timeout: "2s",
			callback_retry: "4s", callback_pause: "1s" },
	});
});

after(async () => {
	clients.forEach((client) => client.close());
	await stack?.stop();
	server?.closeAllConnections();
	server?.close();
});

async function namespace(key, callbacks) {
	const owner = await stack.namespace(key);
	const urls = Object.fromEntries(Object.entries(callbacks).map(([k, v]) => [k, v && base + v]));
	await stack.admin.post("/api/admin/namespace/save", { key, ...urls, callback_auth: AUTH });
	return owner;
}

function client(key, uuid, { n = 0, version = "4.8.4", by = "url", more = {} } = {}) {
	const made = new Client(stack.connector(n + 1),
		{ version, by, namespace: key, identity: { uuid, userid: "ann", ...more } });
	clients.push(made);
	return made;
}

for (const version of versions) {
	for (const by of ["url", "connect"]) {
		row("connect_callback", `asked about each client, ${version} by ${by}`, async () => {
			const key = `/yes-${version[0]}-${by}`;
			await namespace(key, { connect_callback: "/yes" });
			await client(key, "u1", { version, by, more: { token: "a b&c" } }).connected();
			const { method, query, headers } = seen("/yes").find(({ headers: h }) => h.namespace === key);
			assert.equal(method, "GET");
			assert.equal(query.uuid, "u1");
			assert.equal(query.userid, "ann");
			assert.equal(query.platform, "web");
			assert.equal(query.token, "a b&c");
			assert.equal(headers.authorization, AUTH);
		});
	}
}

row("connect_callback", "gets the cookie of the handshake", async () => {
	await namespace("/cookie", { connect_callback: "/yes" });
	const { url, path } = stack.connector(1);
	const ask = (more, options) => fetch(`${url}${path}?EIO=4&transport=polling${more}`, options);
	const open = await (await ask("", { headers: { cookie: "session=s3cret" } })).text();
	const { sid } = JSON.parse(open.slice(1));
	await ask(`&sid=${sid}`, { method: "POST", body: "40/cookie,{\"uuid\":\"u1\"}" });
	await until("the callback", () => seen("/yes").some(({ headers }) => headers.namespace === "/cookie"));
	const { headers } = seen("/yes").find(({ headers: h }) => h.namespace === "/cookie");
	assert.equal(headers.cookie, "session=s3cret");
});

socketRow("connect_callback answers", "no JSON says nothing", async ({ version, own }) => {
	const key = `/${own("text")}`;
	await namespace(key, { connect_callback: "/text" });
	assert.equal((await client(key, "u1", { version }).connected()).clientId, `${key}#ann#web-u1`);
});

row("connect_callback answers", "are waited for, the client is not in before", async () => {
	const owner = await namespace("/slow", { connect_callback: "/slow" });
	const one = client("/slow", "u1");
	await until("the question", () => seen("/slow").length === 1);
	assert.equal((await owner.get("/api/auth/report/online")).clientCount, 0);
	assert.deepEqual(one.events, []);
	answerSlow();
	await one.connected();
	assert.equal((await owner.get("/api/auth/report/online")).clientCount, 1);
});

socketRow("connect_callback answers", "a userid replaces the claimed one, rooms are joined", async ({ version, own }) => {
	const [key, told] = [`/${own("rename")}`, `/${own("renamed")}`];
	answers[told] = () => [200, ""];
	const owner = await namespace(key, { connect_callback: "/rename", [gone]: told });
	const one = client(key, "u1", { version });
	assert.equal((await one.connected()).clientId, `${key}#renamed#web-u1`);
	for (const room of ["vip", "all", "user_renamed"])
		await owner.push(room, { room });
	await until("the pushes", () => one.pushes.length === 3);
	assert.equal((await owner.online("user_ann")).clientCount, 0);
	assert.equal((await owner.online("vip")).userCount, 1);
	one.close();
	await until("the disconnect callback", () => seen(told).length > 0);
	assert.equal(seen(told)[0].body.query.userid, "renamed");
});

for (const [name, path, message] of [
	["refused: connect_callback says no", "/no", "handshake fail statusCode: 403"],
	["connect_callback redirects", "/elsewhere", "handshake fail statusCode: 302"],
	["refused: connect_callback unreachable", "/badname", "connect callback unreachable"],
	["refused: connect_callback unreachable", "/broken", "connect callback unreachable"],
	["refused: connect_callback unreachable", "/hang", "connect callback unreachable"],
]) {
	row(name, `${path}, "${message}"`, async () => {
		const owner = await namespace(path, { connect_callback: path, [gone]: `${path}-gone` });
		const yes = seen("/yes").length;
		for (const version of versions) {
			const one = client(path, `u-${version[0]}`, { version });
			assert.deepEqual(await one.first, { type: "refused", data: message });
		}
		assert.equal((await owner.get("/api/auth/report/online")).clientCount, 0);
		assert.deepEqual(seen(`${path}-gone`), []);
		assert.equal(seen("/yes").length, yes); // where the redirect leads
	});
}

socketRow("refused without disconnect_callback", "by the callback and before it", async ({ version, own }) => {
	const key = `/${own("unheard")}`;
	answers[key] = () => [200, ""];
	await namespace(key, { connect_callback: "/no", [gone]: key });
	for (const more of [{}, { userid: "a b" }]) {
		const one = client(key, "u1", { version, more });
		assert.equal((await one.first).type, "refused");
		one.close();
	}
	// one that was let in: what is told of it comes behind all that could have been told before
	await stack.admin.post("/api/admin/namespace/save", { key, connect_callback: "" });
	const last = client(key, "u2", { version });
	await last.connected();
	last.close();
	await until("the callback", () => seen(key).length > 0);
	assert.deepEqual(seen(key).map(({ body }) => body.query.uuid), ["u2"]);
});

test("a dead callback server refuses its own clients and delays nobody else", async () => {
	await namespace("/alive", { connect_callback: "/yes" });
	// all are in before the first of those is refused; once more where the machine was too slow for that
	for (let round = 0, refused = true; refused; round++) {
		assert.ok(round < 5, "the living waited for the dead");
		const dead = `/dead-${round}`;
		await namespace(dead, { connect_callback: "/hang" });
		const waiting = Array.from({ length: 40 }, (_, i) => client(dead, `d${i}`));
		for (let i = 0; i < 10; i++)
			await client("/alive", `a${i}`).connected();
		refused = waiting.some(({ events }) => events.length > 0);
		for (const one of waiting)
			assert.equal((await one.first).data, "connect callback unreachable");
	}
});

test("a client that goes while the callback is asked leaves nothing behind", async () => {
	const owner = await namespace("/gone", { connect_callback: "/hang", disconnect_callback: "/gone" });
	const before = seen("/hang").length;
	const one = client("/gone", "u1");
	await until("the question", () => seen("/hang").length > before);
	one.close();
	await new Promise((resolve) => setTimeout(resolve, 2500));
	assert.equal((await owner.get("/api/auth/report/online")).clientCount, 0);
	assert.deepEqual(seen("/gone"), []);
});

socketRow(gone, "once for each client, the user's last one as such", async ({ version, own }) => {
	const key = `/${own("off")}`;
	await namespace(key, { [gone]: key });
	answers[key] = () => [200, ""];
	const [one, two] = [client(key, "u1", { version, more: { extra: "x" } }), client(key, "u2", { version, n: 1 })];
	await one.connected();
	await two.connected();
	one.close();
	await until("the first", () => seen(key).length === 1);
	two.close();
	await until("the second", () => seen(key).length === 2);
	const [first, second] = seen(key);
	assert.equal(first.method, "POST");
	assert.equal(first.headers.authorization, AUTH);
	assert.equal(first.headers.namespace, key);
	const { uuid, userid, platform, extra } = first.body.query;
	assert.deepEqual([uuid, userid, platform, extra], ["u1", "ann", "web", "x"]);
	assert.equal(first.body.userOffline, false);
	assert.equal(second.body.query.uuid, "u2");
	assert.equal(second.body.userOffline, true);
	assert.notEqual(first.body.eventId, second.body.eventId);
});

socketRow(gone, "not of a connection that a newer one replaced", async ({ version, other, own }) => {
	const key = `/${own("again")}`;
	await namespace(key, { [gone]: key });
	answers[key] = () => [200, ""];
	const old = client(key, "u1", { version });
	await old.connected();
	const fresh = client(key, "u1", { version: other, n: 1 });
	await fresh.connected();
	await until("the old one is closed", () => old.lost.length === 1);
	fresh.close();
	await until("one callback", () => seen(key).length > 0);
	await new Promise((resolve) => setTimeout(resolve, 700));
	assert.equal(seen(key).length, 1);
});

row("disconnect_callback", "is tried again with the same event id", async () => {
	await namespace("/flaky", { disconnect_callback: "/flaky" });
	const one = client("/flaky", "u1");
	await one.connected();
	one.close();
	await until("three tries", () => seen("/flaky").length === 3, 15_000);
	assert.equal(new Set(seen("/flaky").map(({ body }) => body.eventId)).size, 1);
});

for (const [name, given] of [
	["GET /api/auth/namespace/dead-callbacks", "1-1"],
	["POST /api/auth/namespace/dead-callbacks/replay", ""],
]) {
	row(name, "what never succeeded is kept", async () => {
		const key = given ? "/never" : "/neverever";
		answers[key] = () => [503, ""];
		const owner = await namespace(key, { [gone]: key });
		const one = client(key, "u1");
		await one.connected();
		one.close();
		const [dead] = await until("the list", async () => {
			const { list } = await owner.get("/api/auth/namespace/dead-callbacks");
			return list.length > 0 && list;
		}, 20_000);
		const { clientId, query, userOffline, reason, eventId } = dead;
		assert.deepEqual([clientId, query.uuid, userOffline, reason, eventId],
			[`${key}#ann#web-u1`, "u1", true, "status 503", seen(key)[0].body.eventId]);
		const replay = (body) => owner.post("/api/auth/namespace/dead-callbacks/replay", body);
		assert.deepEqual(await replay({ eventId: "1-1" }), { count: 0 });
		if (given)
			return;
		const repaired = `${key}-repaired`;
		answers[repaired] = () => [200, ""];
		await stack.admin.post("/api/admin/namespace/save", { key, [gone]: base + repaired });
		assert.deepEqual(await replay({}), { count: 1 });
		await until("the replay", () => seen(repaired).length === 1);
		assert.equal(seen(repaired)[0].body.eventId, eventId);
		assert.deepEqual((await owner.get("/api/auth/namespace/dead-callbacks")).list, []);
	});
}

row("disconnect_callback after kill -9", "one per client it held, within 15 s", async () => {
	const owner = await namespace("/killed", { disconnect_callback: "/killed" });
	answers["/killed"] = () => [200, ""];
	const lost = Array.from({ length: 30 }, (_, i) =>
		client("/killed", `k${i}`, { version: versions[i % 2] }));
	await client("/killed", "stays", { n: 1 }).connected();
	for (const one of lost)
		await one.connected();
	await stack.kill("connector-1");
	const start = performance.now();
	await until("all callbacks", () => seen("/killed").length >= lost.length, 20_000);
	assert.ok(performance.now() - start < 15_000);
	assert.deepEqual(seen("/killed").map(({ body }) => body.query.uuid).sort(),
		lost.map((_, i) => `k${i}`).sort());
	assert.ok(seen("/killed").every(({ body }) => body.userOffline === false));
	assert.equal((await owner.get("/api/auth/report/online")).clientCount, 1);
	await stack.restart("connector-1");
	await new Promise((resolve) => setTimeout(resolve, 1000));
	assert.equal(seen("/killed").length, lost.length);
});

test("kill -9 of the worker in the middle loses no callback", async () => {
	await namespace("/worker", { disconnect_callback: "/worker" });
	let open = false;
	answers["/worker"] = () => [open ? 200 : 500, ""];
	const many = Array.from({ length: 50 }, (_, i) => client("/worker", `w${i}`, { n: i % 2 }));
	for (const one of many)
		await one.connected();
	many.forEach((one) => one.close());
	await until("some calls", () => seen("/worker").length > 5);
	await stack.kill("worker-1");
	open = true;
	const before = seen("/worker").length;
	await stack.restart("worker-1");
	await until("all of them", () =>
		new Set(seen("/worker").slice(before).map(({ body }) => body.query.uuid)).size === many.length, 30_000);
	for (const one of many.keys()) {
		const ids = seen("/worker").filter(({ body }) => body.query.uuid === `w${one}`)
			.map(({ body }) => body.eventId);
		assert.equal(new Set(ids).size, 1);
	}
});

// More than one look at what others hold goes through.
test("a worker that died behind one that holds very many is found", async () => {
	const held = 1500;
	await namespace("/behind", { disconnect_callback: "/behind" });
	answers["/behind"] = () => [200, ""];
	const script = `local stream = KEYS[1]
		local function add(consumer, n, nsp)
			for i = 1, n do redis.call('XADD', stream, '*', 'n', nsp, 'c', 'c', 'q', 'uuid=found', 'u', '') end
			return redis.call('XREADGROUP', 'GROUP', 'worker', consumer, 'COUNT', n, 'STREAMS', stream, '>')[1][2]
		end
		local ids = {}
		for i, entry in ipairs(add('busy', ARGV[1], '/nobody')) do ids[i] = entry[1] end
		local last = add('dead', 1, '/behind')[1][1]
		redis.call('XCLAIM', stream, 'worker', 'dead', 0, last, 'IDLE', 3600000)
		return ids`;
	const ids = await stack.redis("EVAL", script, "1", "lp:callbacks", `${held}`);
	assert.equal(ids.length, held);
	await until("it is called", async () => {
		// it lives
		await stack.redis("XCLAIM", "lp:callbacks", "worker", "busy", "0", ...ids, "JUSTID");
		return seen("/behind").length === 1;
	}, 30_000);
	await stack.redis("XACK", "lp:callbacks", "worker", ...ids);
	await stack.redis("XDEL", "lp:callbacks", ...ids);
});
