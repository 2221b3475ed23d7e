// Limits of namespaces with real clients on two connectors: clients, rooms, bytes per second; and pushes
// per second, as far as a process refuses them by itself (the rest is in push.test.mjs).

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, before, test } from "node:test";

import { Client, versions } from "./lib/client.mjs";
import { startStack } from "./lib/stack.mjs";
import { until, within } from "./lib/wait.mjs";

let stack;
const open = [];

before(async () => {
	stack = await startStack({ connectors: 2 });
});

after(async () => {
	open.forEach((client) => client.close());
	await stack?.stop();
});

const limit = (key, limits) => stack.admin.post("/api/admin/namespace/save", { key, ...limits });

function client(key, uuid, n, version = "4.8.4") {
	const made = new Client(stack.connector(n),
		{ version, by: "connect", namespace: key, identity: { uuid, userid: `user-${uuid}` } });
	open.push(made);
	return made;
}

async function refusal(made) {
	const first = await within(10_000, `an answer to ${made.name}`, made.first);
	assert.equal(first.type, "refused");
	return first.data;
}

test("limit_clients holds for all connectors, and shows its use", async () => {
	const key = "/clients";
	const owner = await stack.namespace(key);
	await limit(key, { limit_clients: 3 });
	const in1 = client(key, "u1", 1);
	await in1.connected();
	await client(key, "u2", 2, "2.3.0").connected();
	await client(key, "u3", 1).connected();
	for (const [i, version] of versions.entries())
		assert.equal(await refusal(client(key, "u4", 1 + i, version)), "too many clients");
	const shown = await owner.get("/api/auth/namespace");
	assert.equal(shown.limit_clients, 3);
	assert.equal(shown.use.clients, 3);
	const { list } = await stack.admin.get(`/api/admin/namespace/list?key=${encodeURIComponent(key)}`);
	assert.equal(list[0].use.clients, 3);
	// a newer connection of one that is in takes its place, on another connector too
	await client(key, "u1", 2).connected();
	await until("the replaced one", () => in1.lost.length === 1, 10_000);
	assert.equal((await owner.get("/api/auth/namespace")).use.clients, 3);
	// one leaves, one may in
	open.at(-1).close();
	await until("a free place", async () => (await owner.get("/api/auth/namespace")).use.clients === 2, 10_000);
	await client(key, "u4", 1).connected();
	// fewer than there are: nobody is sent away
	await limit(key, { limit_clients: 1 });
	assert.equal(await refusal(client(key, "u5", 2)), "too many clients");
	assert.equal((await owner.get("/api/auth/namespace")).use.clients, 3);
	await limit(key, { limit_clients: 0 });
	await client(key, "u5", 2).connected();
});

for (const version of versions) {
	test(`${version}: limit_rooms_per_client, of those connected already too`, async () => {
		const key = `/rooms-${version[0]}`;
		await stack.namespace(key);
		const early = client(key, "u1", 1, version);
		await early.connected();
		await early.join(["a", "b", "c"]);
		await limit(key, { limit_rooms_per_client: 2 });
		const late = client(key, "u2", 2, version);
		await late.connected();
		const many = { status: 500, msg: "joinOrleaveRoom error: Error: too many rooms" };
		assert.deepEqual(await late.call("joinRoom", ["a", "b", "c"]), many);
		const owner = stack.rest(key, `password of ${key}`);
		assert.equal((await owner.online("b")).clientCount, 2);
		assert.equal((await owner.online("c")).clientCount, 1);
		assert.deepEqual(await late.call("joinRoom", "a"), { status: 200, msg: "ok" });
		// its connector hears of it by its inbox
		await until("the limit at the other connector", async () =>
			(await early.call("joinRoom", "d")).status === 500, 10_000);
		assert.deepEqual(await early.call("leaveRoom", ["a", "b", "c", "d"]), { status: 200, msg: "ok" });
		assert.deepEqual(await early.call("joinRoom", ["e", "f"]), { status: 200, msg: "ok" });
		assert.deepEqual(await early.call("joinRoom", "g"), many);
		// a transfer takes nobody beyond it
		await owner.post("/api/auth/transfer", { targetRoom: "g", sourceRooms: ["e", "a"], type: "join" });
		await limit(key, { limit_rooms_per_client: 0 });
		await until("no limit", async () => (await early.call("joinRoom", "h")).status === 200, 10_000);
		assert.equal((await owner.online("g")).clientCount, 0);
	});
}

test("limit_bytes_per_second delays what is beyond it, in order, and nobody else", async () => {
	const key = "/bytes";
	const owner = await stack.namespace(key);
	const other = await stack.namespace("/others");
	const bystander = client("/others", "u1", 1);
	const clients = [1, 2, 1, 2].map((n, i) => client(key, `u${i}`, n, versions[i % 2]));
	for (const one of [bystander, ...clients])
		await one.connected();
	for (const one of clients)
		await one.join("r");
	let sent = 0;
	const send = (count) => owner.post("/api/auth/push/batch", { messages: Array.from({ length: count },
		() => ({ room: "r", pushData: { n: sent++, text: "x".repeat(1000) } })) });
	// 2 clients on each connector: more than 80 KB there. What waits for one client goes out at once, and
	// the next one waits for at least 10 s.
	await limit(key, { limit_bytes_per_second: 4000 });
	await send(40);
	await other.push("user_user-u1", { n: 0 });
	await until("the push to others", () => bystander.pushes.length === 1);
	assert.ok(clients.some((one) => one.pushes.length < 40), "others waited for the namespace over its limit");
	await until("a second's use", async () => (await owner.get("/api/auth/namespace")).use.bytes_per_second > 0);
	// Its share is 20 KB/s, or all of the 40 KB/s until it has heard of the other connector, and a second's
	// worth goes out at once: more than that waits for the last client.
	await limit(key, { limit_bytes_per_second: 40_000 });
	const begin = performance.now();
	await send(40);
	await until("all pushes", () => clients.every((one) => one.pushes.length === sent), 60_000);
	assert.ok(performance.now() - begin > 900, "it was faster than it may be");
	for (const one of clients)
		assert.deepEqual(one.pushes.map(({ pushData }) => pushData.n), [...Array(sent).keys()]);
	// lifted in the middle, the rest comes
	await limit(key, { limit_bytes_per_second: 1000 });
	await send(10);
	await limit(key, { limit_bytes_per_second: 0 });
	await until("the rest", () => clients.every((one) => one.pushes.length === sent));
});

// --- pushes per second ---

const PUSH = "/api/auth/push";
const MESSAGE = { room: "r", pushData: {} };
const BAD = { room: "a b", pushData: {} };
const LIMITED = { code: 9999, msg: "rate limit exceeded", error: "rate_limited" };
const push = (rest, more) => rest.send("POST", PUSH, { ...MESSAGE, ...more });

// Empties a namespace's bucket, which the API then knows.
const used = (rest) => until("a push", async () => (await push(rest)).status === 200, 10_000);

// What the API answers to when Redis would allow it, having been made to forget; the machine may be so
// slow that the API asks again.
async function byItself(rest, key, ask) {
	let answer;
	for (let n = 0; n < 50 && answer?.status !== 429; n++) {
		await used(rest);
		await stack.redis("DEL", `lp:{${key}}:pushing`);
		answer = await ask();
	}
	return answer;
}

test("limit_pushes_per_second: who was refused is refused without Redis, in the same words", async () => {
	const key = "/known";
	const owner = await stack.namespace(key);
	await limit(key, { limit_pushes_per_second: 1 });
	for (const more of [() => ({}), () => ({ idempotency_key: randomUUID() })]) {
		const { status, json, headers } = await byItself(owner, key, () => push(owner, more()));
		assert.deepEqual([status, json], [429, LIMITED]);
		assert.deepEqual(["retry-after", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"]
			.map((name) => headers[name]), ["1", "1", "0", "1"]);
	}
	// each process knows for itself, and the limit is one for all
	const as = () => stack.admin.send("POST", `/api/admin/as/${encodeURIComponent(key)}/push`, MESSAGE);
	await until("both at the limit", async () => {
		await used(owner);
		return (await as()).status === 429 && (await push(owner)).status === 429;
	}, 30_000);
});

test("limit_pushes_per_second: what is allowed is let through, and no more", async () => {
	const owner = await stack.namespace("/steady");
	await limit("/steady", { limit_pushes_per_second: 20 });
	let accepted = 0;
	const begin = performance.now();
	while (accepted < 61) {
		const answers = await Promise.all(Array.from({ length: 8 }, () => push(owner)));
		accepted += answers.filter(({ status }) => status === 200).length;
		for (const { status, json, headers } of answers) {
			if (status !== 200)
				assert.deepEqual([status, json, headers["retry-after"]], [429, LIMITED, "1"]);
		}
	}
	// by another clock than that of Redis
	assert.ok(performance.now() - begin >= (accepted - 20) * 50 * 0.9, "it was more than is allowed");
});

test("limit_pushes_per_second: at the limit too, what is wrong is told, and what was accepted", async () => {
	const key = "/at-limit";
	const owner = await stack.namespace(key);
	const { token } = await owner.post("/api/auth/token", { name: "t", scope: "read" });
	await limit(key, { limit_pushes_per_second: 1 });
	const keyed = { idempotency_key: "k" };
	const { id } = await owner.post(PUSH, { ...MESSAGE, ...keyed });
	assert.equal((await push(owner, keyed)).json.id, id);
	const batch = await byItself(owner, key, async () => {
		const answer = await owner.send("POST", `${PUSH}/batch`, { messages: [MESSAGE, BAD, MESSAGE] });
		const [first] = answer.json.results;
		return { ...answer, status: first.error === "rate_limited" ? 429 : answer.status };
	});
	assert.deepEqual(batch.json.results.map(({ error }) => error), ["rate_limited", "room_invalid", "rate_limited"]);
	await owner.refused("POST", PUSH, BAD, 400, "room invalid");
	await stack.rest(key, "a guess").refused("POST", PUSH, MESSAGE, 401, "passwd error");
	await stack.rest("/nobody", "a guess").refused("POST", PUSH, MESSAGE, 400, "namespace not found");
	const reader = { headers: { authorization: `Bearer ${token}` } };
	assert.equal((await owner.send("POST", PUSH, MESSAGE, reader)).status, 403);
	// who may not push any more is told so when the process asks again
	await owner.post("/api/auth/namespace/save", { auth_passwd: "another" });
	const now = stack.rest(key, "another");
	await until("the old password to be refused", async () => {
		await push(now);
		return (await push(owner)).status === 401;
	}, 10_000);
});

test("limit_pushes_per_second: a new limit counts", async () => {
	const key = "/raised";
	const owner = await stack.namespace(key);
	for (const raised of [50, 0]) {
		await limit(key, { limit_pushes_per_second: 1 });
		await until("the limit", async () => (await push(owner)).status === 429, 10_000);
		await limit(key, { limit_pushes_per_second: raised });
		await until(`a limit of ${raised}`, async () => {
			const answers = await Promise.all(Array.from({ length: 5 }, () => push(owner)));
			return answers.every(({ status }) => status === 200);
		}, 10_000);
	}
});
