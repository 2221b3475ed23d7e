// Pushes beyond one message to one room: several rooms, batches, requests that come again, and the
// limit of a namespace. Clients of both generations on both connectors.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { connectClient } from "./lib/client.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/push";
const PUSH = "/api/auth/push";
const BATCH = "/api/auth/push/batch";

let stack;
let owner;
let clients; // a and b on the first connector, c and d on the second
const rooms = { a: ["left", "both"], b: ["right", "both"], c: ["left", "right", "both"], d: ["right"] };
const opened = [];

before(async () => {
	stack = await startStack({ connectors: 2, set: { redis_timeout: "5s", client_push_interval: "0" } });
	owner = await stack.namespace(NAMESPACE);
	clients = await Promise.all([
		connect(1, "4.8.4", "a"), connect(1, "2.3.0", "b"),
		connect(2, "4.8.4", "c"), connect(2, "2.3.0", "d"),
	]);
	await Promise.all(clients.map((client) => client.join(rooms[client.uuid])));
});

after(async () => {
	opened.forEach((client) => client.close());
	await stack?.stop();
});

async function connect(n, version, uuid, namespace = NAMESPACE) {
	const client = await connectClient(stack.connector(n), { version, namespace, identity: { uuid } });
	client.uuid = uuid;
	opened.push(client);
	return client;
}

const idOf = (uuid) => `${NAMESPACE}#${uuid}#web-${uuid}`;
const gotBy = (client, ids) => client.pushes.filter(({ id }) => ids.includes(id));

// Each of them got just these: { uuid: [[id, room], ...] }. What went before to everybody is a fence:
// who has got that has got all that came before it.
async function expectPushes(ids, expected) {
	const { id: fence } = await owner.post(PUSH,
		{ rooms: ["left", "right"], pushData: { fence: true } });
	for (const client of clients) {
		await until(`the fence at ${client.name}`, () => gotBy(client, [fence]).length > 0, 15_000);
		assert.deepEqual(gotBy(client, ids).map(({ id, room }) => [id, room]),
			expected[client.uuid] ?? [], client.name);
	}
}

// Has sent, not received yet.
function sendBatch(messages, more = {}, headers = {}) {
	return owner.send("POST", BATCH, { messages, ...more }, { headers: { ...owner.headers, ...headers } });
}

function sendPush(body, key, described = true) {
	return owner.send("POST", PUSH, body,
		{ headers: { ...owner.headers, ...(key !== undefined && { "idempotency-key": key }) }, described });
}

// --- rooms ---

test("a message to several rooms comes once, by the first of the rooms", async () => {
	const push = async (more) => (await owner.post(PUSH, { pushData: { n: 1 }, ...more })).id;
	const first = await push({ rooms: ["left", "nobody", "right"] });
	const second = await push({ rooms: ["right", "left", "right"] });
	const third = await push({ room: "both", rooms: ["right", "both"] });
	const users = await push({ rooms: ["user_a", "user_d"] });
	await expectPushes([first, second, third, users], {
		a: [[first, "left"], [second, "left"], [third, "both"], [users, "user_a"]],
		b: [[first, "right"], [second, "right"], [third, "both"]],
		c: [[first, "left"], [second, "right"], [third, "both"]],
		d: [[first, "right"], [second, "right"], [third, "right"], [users, "user_d"]],
	});
	const record = await owner.get(`/api/auth/report/push/${first}`);
	assert.equal(record.room, "left");
	assert.deepEqual(JSON.parse(record.rooms), ["left", "nobody", "right"]);
	await until("four were addressed", async () =>
		(await owner.get(`/api/auth/report/push/${first}`)).onlineClientCount === "4");
});

test("the client in except gets it by none of the rooms", async () => {
	const { id } = await owner.post(PUSH,
		{ rooms: ["left", "right"], pushData: {}, except: idOf("c") });
	await expectPushes([id], { a: [[id, "left"]], b: [[id, "right"]], d: [[id, "right"]] });
});

test("a message for one client alone is delivered to that one, and nobody else may acknowledge it", async () => {
	const { id } = await owner.post(PUSH, { room: "both", only: idOf("c"), pushData: {} });
	const { id: none } = await owner.post(PUSH, { room: "left", only: idOf("d"), pushData: {} });
	await expectPushes([id, none], { c: [[id, "both"]] });
	for (const client of clients)
		client.socket.emit("ackPush", { id });
	await until("one ack", async () => (await owner.get(`/api/auth/report/push/${id}`)).ackCount === "1");
	const record = await owner.get(`/api/auth/report/push/${id}?ackDetail=1`);
	assert.deepEqual([record.only, record.onlineClientCount, record.ackWebDetail], [idOf("c"), "1", [idOf("c")]]);
	await owner.refused("POST", PUSH, { room: "both", pushData: {}, only: 1 }, 400, "only must be string");
	// a client asks for the same
	const answer = await clients[0].call("push", { room: "both", pushData: {}, only: idOf("b") });
	await expectPushes([answer.id], { b: [[answer.id, "both"]] });
});

test("everybody's ack counts once, by whichever room", async () => {
	const { id } = await owner.post(PUSH, { rooms: ["left", "right"], pushData: {} });
	await expectPushes([id], { a: [[id, "left"]], b: [[id, "right"]], c: [[id, "left"]], d: [[id, "right"]] });
	for (const client of [...clients, clients[0], clients[2]])
		client.socket.emit("ackPush", { id });
	await until("four acks", async () =>
		(await owner.get(`/api/auth/report/push/${id}`)).ackCount === "4");
	const other = await owner.push("left", {});
	clients[3].socket.emit("ackPush", { id: other.id }); // not addressed to that one
	clients[0].socket.emit("ackPush", { id: other.id });
	await until("its ack", async () =>
		(await owner.get(`/api/auth/report/push/${other.id}`)).ackCount !== "0");
	const record = await owner.get(`/api/auth/report/push/${other.id}?ackDetail=true`);
	assert.deepEqual(record.ackWebDetail, [idOf("a")]);
	assert.equal((await owner.get(`/api/auth/report/push/${id}`)).ackCount, "4");
});

test("messages to one room and to several keep their order", async () => {
	const targets = [["left"], ["left", "right"], ["right"], ["both", "left"], ["right", "both"]];
	const sent = [];
	for (let n = 0; n < 200; n++) {
		const to = targets[(n * 7) % targets.length];
		const { id } = await owner.post(PUSH, { rooms: to, pushData: { n } });
		sent.push([id, to]);
	}
	const expected = Object.fromEntries(Object.entries(rooms).map(([uuid, own]) => [uuid,
		sent.map(([id, to]) => [id, to.find((room) => own.includes(room))]).filter(([, room]) => room)]));
	await expectPushes(sent.map(([id]) => id), expected);
});

test("a client may push to several rooms", async () => {
	const answer = await clients[1].call("push", { rooms: ["left", "right"], pushData: { from: "b" } });
	assert.equal(answer.status, 200);
	const { id } = answer;
	await expectPushes([id], { a: [[id, "left"]], c: [[id, "left"]], d: [[id, "right"]] });
	assert.deepEqual(await clients[1].call("push", { rooms: ["a b"], pushData: {} }),
		{ status: 400, msg: "rooms invalid" });
});

test("wrong rooms are refused with the name of the field", async () => {
	const many = Array.from({ length: 101 }, (_, n) => `r${n}`);
	for (const wrong of [many, "left", ["left", 1], ["left", ""], ["a b"], { 0: "left" }]) {
		const { status, json } = await sendPush({ rooms: wrong, pushData: {} });
		assert.deepEqual([status, json.code, json.error, json.field], [400, 9999, "rooms_invalid", "rooms"]);
	}
	const { json } = await sendPush({ rooms: [], pushData: {} });
	assert.deepEqual([json.error, json.field], ["room_empty", "room"]);
	assert.equal((await sendPush({ rooms: many.slice(1), pushData: {} })).status, 200);
});

// --- batches ---

test("1000 messages in one call: an id for each, in order, at every client", async () => {
	const targets = ["left", "right", "both", "nobody"];
	const messages = Array.from({ length: 1000 }, (_, n) => ({ room: targets[n % 4], pushData: { n } }));
	const { status, json } = await sendBatch(messages);
	assert.equal(status, 200);
	const ids = json.results.map(({ id }) => id);
	assert.equal(ids.length, 1000);
	assert.ok(ids.every((id, n) => n === 0 || id === ids[n - 1] + 1), "consecutive");
	const expected = Object.fromEntries(Object.entries(rooms).map(([uuid, own]) => [uuid,
		ids.map((id, n) => [id, targets[n % 4]]).filter(([, room]) => own.includes(room))]));
	await expectPushes(ids, expected);
	const [last] = await owner.get("/api/auth/report/push?size=2&page=1").then((list) => list.slice(1));
	assert.deepEqual([last.id, last.room, last.pushData], [`${ids[999]}`, "nobody", '{"n":999}']);
});

test("what is wrong with one message is told in its place", async () => {
	const { status, json } = await owner.send("POST", BATCH, {
		messages: [
			{ room: "left", pushData: { n: 1 } }, { pushData: {} }, { room: "left" },
			{ rooms: ["left", "right"], pushData: { n: 2 }, except: idOf("a") },
			{ room: "left", pushData: {}, expire: -1 }, "left",
		],
	}, { described: false });
	assert.equal(status, 200);
	const [one, empty, data, two, expire, text] = json.results;
	assert.deepEqual([empty, data, expire, text].map(({ code, error, field }) => [code, error, field]), [
		[9999, "room_empty", "room"], [9999, "push_data_invalid", "pushData"],
		[9999, "expire_invalid", "expire"], [9999, "room_empty", "room"],
	]);
	await expectPushes([one.id, two.id], {
		a: [[one.id, "left"]], b: [[two.id, "right"]], d: [[two.id, "right"]],
		c: [[one.id, "left"], [two.id, "left"]],
	});
});

test("too many messages, none, or too much of them is refused whole", async () => {
	const before = (await owner.get("/api/auth/report/push?size=1"))[0].id;
	const message = { room: "left", pushData: {} };
	for (const messages of [Array(1001).fill(message), [], message, "x", null]) {
		const { status, json } = await sendBatch(messages);
		assert.deepEqual([status, json.error, json.field], [400, "messages_invalid", "messages"]);
	}
	const large = Array(1000).fill({ room: "left", pushData: { text: "x".repeat(1100) } });
	const { status, json } = await sendBatch(large);
	assert.deepEqual([status, json.error], [413, "body_too_large"]);
	assert.equal((await owner.get("/api/auth/report/push?size=1"))[0].id, before);
});

// --- requests that come again ---

test("a push with a key is delivered once, however often it comes", async () => {
	const body = { room: "left", pushData: { once: 1 } };
	const answers = await Promise.all(Array.from({ length: 12 }, () => sendPush(body, "key-1")));
	const ids = new Set(answers.map(({ status, json }) => `${status} ${json.id}`));
	assert.equal(ids.size, 1);
	const { id } = answers[0].json;
	const inBody = await owner.post(PUSH, { room: "left", pushData: { once: 2 }, idempotency_key: "key-2" });
	const again = await owner.post(PUSH, { room: "left", pushData: { once: 2 }, idempotency_key: "key-2" });
	assert.equal(again.id, inBody.id);
	const messages = (await owner.get("/api/auth/report/push?size=100")).filter(({ pushData }) =>
		JSON.parse(pushData).once);
	assert.deepEqual(messages.map((one) => one.id), [`${inBody.id}`, `${id}`]);
	const both = [[id, "left"], [inBody.id, "left"]];
	await expectPushes([id, inBody.id], { a: both, c: both });
});

test("the header is stronger than the body, and a key belongs to one request", async () => {
	const body = { room: "left", pushData: { n: 1 }, idempotency_key: "in the body" };
	const refused = await sendPush(body);
	assert.deepEqual([refused.status, refused.json.error, refused.json.field],
		[400, "idempotency_key_invalid", "idempotency_key"]);
	const first = await sendPush(body, "of-the-header", false);
	assert.equal(first.status, 200);
	assert.equal((await sendPush(body, "of-the-header", false)).json.id, first.json.id);
	const other = await sendPush({ room: "right", pushData: { n: 1 } }, "of-the-header");
	assert.deepEqual([other.status, other.json.code, other.json.error, other.json.field],
		[422, 9999, "idempotency_key_reused", "idempotency_key"]);
	assert.equal((await sendPush(body, "k".repeat(129))).status, 400);
	const stranger = await stack.namespace("/push-keys");
	const own = await stranger.send("POST", PUSH, { room: "left", pushData: {} },
		{ headers: { ...stranger.headers, "idempotency-key": "of-the-header" } });
	assert.equal(own.json.id, 1);
});

test("a batch with a key gives the same answers again", async () => {
	const messages = Array.from({ length: 300 }, (_, n) => ({ rooms: ["left", "right"], pushData: { n } }));
	const answers = await Promise.all(Array.from({ length: 4 }, () =>
		sendBatch(messages, {}, { "idempotency-key": "batch-1" })));
	for (const answer of answers) {
		assert.equal(answer.status, 200);
		assert.deepEqual(answer.json, answers[0].json);
	}
	const again = await sendBatch(messages, {}, { "idempotency-key": "batch-1" });
	assert.deepEqual(again.json, answers[0].json);
	const ids = again.json.results.map(({ id }) => id).sort((a, b) => a - b);
	assert.equal(new Set(ids).size, 300);
	const by = (room) => ids.map((id) => [id, room]);
	await expectPushes(ids, { a: by("left"), b: by("right"), c: by("left"), d: by("right") });
	const other = await sendBatch(messages.slice(1), {}, { "idempotency-key": "batch-1" });
	assert.deepEqual([other.status, other.json.error], [422, "idempotency_key_reused"]);
});

test("a program that dies in the middle of a batch sends nothing twice", async () => {
	const messages = Array.from({ length: 1000 }, (_, n) => ({ room: "left", pushData: { dying: n } }));
	const more = { idempotency_key: "dying" };
	// Redis stands still, so that the program surely waits for it; then goes on with what it was sent.
	process.kill(stack.pid("redis"), "SIGSTOP");
	const first = sendBatch(messages, more).catch((error) => error);
	await new Promise((resolve) => setTimeout(resolve, 300));
	await stack.kill("api");
	process.kill(stack.pid("redis"), "SIGCONT");
	await first;
	await stack.restart("api");
	const again = await until("the batch is accepted", async () => {
		const answer = await sendBatch(messages, more);
		return answer.status === 200 && answer;
	}, 30_000);
	const ids = again.json.results.map(({ id }) => id);
	const sorted = [...ids].sort((a, b) => a - b);
	assert.equal(new Set(ids).size, 1000);
	await expectPushes(sorted, {
		a: sorted.map((id) => [id, "left"]), c: sorted.map((id) => [id, "left"]),
	});
	const seen = clients[0].pushes.map(({ pushData }) => pushData.dying).filter((n) => n !== undefined);
	assert.deepEqual(seen.sort((a, b) => a - b), messages.map((_, n) => n));
});

test("keys go with their namespace", async () => {
	const passing = await stack.namespace("/push-passing");
	const body = { room: "r", pushData: {}, idempotency_key: "passing" };
	assert.equal((await passing.post(PUSH, body)).id, 1);
	assert.ok(await stack.redis("TTL", "lp:{/push-passing}:sent:passing") > 500);
	await stack.admin.post("/api/admin/namespace/save", { key: "/push-passing", offline: "on" });
	await stack.admin.post("/api/admin/namespace/flush/push-passing", {});
	const [, left] = await stack.redis("SCAN", "0", "COUNT", "1000000", "MATCH", "lp:{/push-passing}*");
	assert.deepEqual(left, []);
});

// --- the limit ---

const EMPTY = "99999999999999999"; // the bucket's key: full at no time soon

async function limited(key, rate) {
	const rest = await stack.namespace(key);
	await stack.admin.post("/api/admin/namespace/save", { key, limit_pushes_per_second: rate });
	return rest;
}

test("a namespace beyond its limit is told so, and when to come again", async () => {
	const rest = await limited("/push-limited", 3);
	const batch = await rest.send("POST", BATCH,
		{ messages: Array.from({ length: 5 }, (_, n) => ({ room: "r", pushData: { n } })) });
	assert.equal(batch.status, 200);
	assert.deepEqual(batch.json.results.map(({ id, error }) => id ?? error),
		[1, 2, 3, "rate_limited", "rate_limited"]);
	assert.equal(batch.headers["ratelimit-limit"], "3");
	assert.equal(batch.headers["ratelimit-remaining"], "0");
	assert.equal(batch.headers["ratelimit-reset"], "1");
	await stack.redis("SET", "lp:{/push-limited}:pushing", EMPTY);
	const { status, headers, json } = await rest.send("POST", PUSH, { room: "r", pushData: {} });
	assert.equal(status, 429);
	assert.deepEqual(json, { code: 9999, msg: "rate limit exceeded", error: "rate_limited" });
	assert.equal(headers["retry-after"], "1");
	assert.deepEqual(["limit", "remaining", "reset"].map((name) => headers[`ratelimit-${name}`]),
		["3", "0", "1"]);
	const shown = await rest.get("/api/auth/namespace");
	assert.equal(shown.limit_pushes_per_second, 3);
	assert.deepEqual(shown.use, { clients: 0, pushes_per_second: 3, bytes_per_second: 0 });
	await stack.redis("DEL", "lp:{/push-limited}:pushing");
	let after; // the API does not ask until one more may be allowed
	await until("the next one", async () => {
		after = await rest.send("POST", PUSH, { room: "r", pushData: {} });
		return after.status === 200;
	}, 10_000);
	assert.equal(after.json.id, 4, "nothing was stored meanwhile");
	assert.equal(after.headers["ratelimit-remaining"], "2");
	assert.equal(after.headers["retry-after"], undefined);
	// another namespace has no part in it
	assert.equal((await sendPush({ room: "nobody", pushData: {} })).headers["ratelimit-limit"], undefined);
});

test("a client beyond the limit of its namespace is told so", async () => {
	await limited("/push-few", 1);
	for (const [n, version] of [[1, "4.8.4"], [2, "2.3.0"]]) {
		const client = await connect(n, version, `few${n}`, "/push-few");
		await stack.redis("DEL", "lp:{/push-few}:pushing");
		assert.equal((await client.call("push", { room: "r", pushData: {} })).status, 200);
		await stack.redis("SET", "lp:{/push-few}:pushing", EMPTY);
		assert.deepEqual(await client.call("push", { room: "r", pushData: {} }),
			{ status: 429, msg: "rate limit exceeded" });
	}
});

test("a request that only comes again is not counted", async () => {
	const rest = await limited("/push-again", 2);
	const body = { room: "r", pushData: {}, idempotency_key: "k" };
	const first = await rest.post(PUSH, body);
	await stack.redis("SET", "lp:{/push-again}:pushing", EMPTY);
	assert.deepEqual(await rest.post(PUSH, body), first);
	assert.equal((await rest.send("POST", PUSH, { room: "r", pushData: {} })).status, 429);
});

test("an owner can not lift the limit", async () => {
	const rest = await limited("/push-bound", 1);
	const { status, json } = await rest.send("POST", "/api/auth/namespace/save",
		{ limit_pushes_per_second: 0 });
	assert.deepEqual([status, json.error, json.field], [403, "admin_only", "limit_pushes_per_second"]);
	assert.equal((await rest.get("/api/auth/namespace")).limit_pushes_per_second, 1);
});

test("what is not acknowledged waits for its offline delivery, and the timeline says until when", async () => {
	const { id } = await owner.post(PUSH, { room: "left", pushData: {}, leaveMessage: true });
	const of = async (client) =>
		(await owner.get(`/api/auth/report/push/${id}/timeline?client=${encodeURIComponent(idOf(client))}`)).list;
	const [accepted, ...rest] = await of("nobody");
	const waiting = rest.at(-1);
	assert.deepEqual([accepted.event, waiting.event, waiting.time - accepted.time], ["accepted", "waiting", 5000]);
	const [one] = clients;
	one.socket.emit("ackPush", { id });
	await until("the acknowledgement", async () => (await of("a")).at(-1).event === "acked", 10_000);
});
