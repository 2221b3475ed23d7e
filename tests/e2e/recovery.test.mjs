// What a connector makes good by itself: it stands still for longer than its lease, Redis is
// emptied, its inbox is trimmed before it reads it. Each push reaches each client that stayed
// connected, once and in order; presence and acks are right.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { connectClient } from "./lib/client.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/recovery";
const ROOM = "r";

let stack;
let owner;
let clients;
let sent = 0;
let lastId;

before(async () => {
	stack = await startStack({
		connectors: 2,
		// Clients do not lose patience meanwhile.
		set: {
			lease_time: "3s", redis_timeout: "2s", inbox_max_length: 200,
			pingTimeout: "120s",
		},
	});
	owner = await stack.namespace(NAMESPACE);
	clients = await Promise.all([
		join(1, "a", "4.8.4", "websocket"), join(1, "b", "2.3.0", "websocket"),
		join(1, "c", "4.8.4", "polling"), join(1, "d", "2.3.0", "polling"),
		join(2, "e", "4.8.4", "websocket"),
	]);
});

after(async () => {
	clients?.forEach((client) => client.close());
	await stack?.stop();
});

const id = (uuid) => `${NAMESPACE}#${uuid}#web-${uuid}`;

async function join(connector, uuid, version, transport) {
	const client = await connectClient(stack.connector(connector),
		{ version, transport, namespace: NAMESPACE, identity: { uuid } });
	client.uuid = uuid;
	client.onPush = (message) => client.socket.emit("ackPush", { id: message.id });
	await client.join(ROOM);
	return client;
}

// Pushes, one after the other, with a number that goes on when the ids begin anew; these numbers.
async function push(count, room = ROOM, more = {}) {
	const numbers = [];
	for (; count > 0; count--) {
		numbers.push(++sent);
		lastId = (await owner.push(room, { n: sent }, more)).id;
	}
	return numbers;
}

async function expectAcks(id, count) {
	await until(`${count} acks of ${id}`,
		async () => (await owner.get(`/api/auth/report/push/${id}`)).ackCount === `${count}`, 20_000);
}

const numbersOf = (client) => client.pushes.map((message) => message.pushData.n);

// Exactly these since `from` pushes had come.
async function expectPushes(client, from, numbers) {
	await until(`${numbers.length} pushes at ${client.name}`,
		() => client.pushes.length >= from + numbers.length, 20_000)
		.catch(() => {});
	assert.deepEqual(numbersOf(client).slice(from), numbers, client.name);
	assert.deepEqual(client.lost, [], client.name);
}

async function expectPresence() {
	const expected = clients.map(({ uuid }) => id(uuid)).sort();
	await until("presence", async () => {
		const report = await owner.online(ROOM, true);
		return report.clientCount === expected.length && `${[...report.client].sort()}` === `${expected}`;
	}, 20_000);
	assert.deepEqual(Object.keys(await stack.redis("HGETALL", `lp:{${NAMESPACE}}:clients`)).sort(),
		expected);
}

const owners = async (connector) => (await stack.redis("ZRANGE", "lp:nodes", "0", "-1"))
	.filter((name) => name.startsWith(`${connector}.`));

// The connector is stopped; returns once it has been declared dead and cleared away.
async function stopBeyondLease(connector) {
	process.kill(stack.pid(`connector-${connector}`), "SIGSTOP");
	await until("it is declared dead", async () => (await owners(connector)).length === 0, 30_000);
}

test("a connector that stood still for longer than its lease catches up", async () => {
	const from = clients.map((client) => client.pushes.length);
	const all = await push(20);
	process.kill(stack.pid("connector-1"), "SIGSTOP");
	all.push(...await push(5));
	await stopBeyondLease(1);
	assert.equal((await owner.online(ROOM)).clientCount, 1);
	all.push(...await push(300));
	const missed = lastId;
	await push(1, ROOM, { extra: "lost" });
	const own = await push(1, "user_a");
	await push(1, "elsewhere");
	const most = await push(1, ROOM, { except: id("b") });
	const several = await push(1, undefined, { rooms: ["elsewhere", "user_d", ROOM] });
	process.kill(stack.pid("connector-1"), "SIGCONT");
	const after = await push(20);
	const to = (client) => [...all, ...(client.uuid === "a" ? own : []),
		...(client.uuid === "b" ? [] : most), ...several, ...after];
	for (const [n, client] of clients.entries())
		await expectPushes(client, from[n], to(client));
	await expectPresence();
	for (const id of [missed, lastId])
		await expectAcks(id, 5);
});

test("a client that came back elsewhere meanwhile keeps its new connection", async () => {
	const old = clients.find(({ uuid }) => uuid === "b");
	await stopBeyondLease(1);
	const young = await join(2, "b", "2.3.0", "websocket");
	const [number] = await push(1);
	process.kill(stack.pid("connector-1"), "SIGCONT");
	await until("the old one is closed", () => old.lost.length === 1, 20_000);
	clients[clients.indexOf(old)] = young;
	for (const client of clients)
		await until(`the push at ${client.name}`, () => numbersOf(client).includes(number), 20_000);
	await expectPresence();
	assert.deepEqual(young.lost, []);
	assert.deepEqual(numbersOf(young), [number]);
	old.close();
});

test("an inbox that is trimmed before it is read costs nothing", async () => {
	const from = clients.map((client) => client.pushes.length);
	process.kill(stack.pid("connector-1"), "SIGSTOP");
	const all = await push(600);
	process.kill(stack.pid("connector-1"), "SIGCONT");
	all.push(...await push(5));
	for (const [n, client] of clients.entries())
		await expectPushes(client, from[n], all);
});

test("after FLUSHALL under traffic clients are back with their namespace", async () => {
	const from = clients.map((client) => client.pushes.length);
	for (const [n, client] of clients.entries())
		await expectPushes(client, from[n], []);
	await stack.redis("FLUSHALL");
	// What is pushed at once was accepted by a Redis that knows no connector yet.
	await stack.namespace(NAMESPACE);
	const all = await push(50);
	assert.equal(lastId, 50);
	await expectPresence();
	all.push(...await push(50));
	for (const [n, client] of clients.entries())
		await expectPushes(client, from[n], all);
	await expectAcks(1, 5);
});

test("so they are when the namespace is made again only later", async () => {
	const from = clients.map((client) => client.pushes.length);
	await stack.redis("FLUSHALL");
	await until("the connectors are back", async () =>
		(await owners(1)).length === 1 && (await owners(2)).length === 1, 20_000);
	const { status, text } = await owner.send("POST", "/api/auth/push", { room: ROOM, pushData: {} });
	assert.ok(status >= 400, text);
	await stack.namespace(NAMESPACE);
	const all = await push(20);
	for (const [n, client] of clients.entries())
		await expectPushes(client, from[n], all);
	await expectPresence();
});
