// Two connectors: a push goes to those that hold members of its room, and to no other.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { connectClient } from "./lib/client.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/cluster";

let stack;
let owner;
let clients;

before(async () => {
	stack = await startStack({ connectors: 2 });
	owner = await stack.namespace(NAMESPACE);
	const connect = (n, version, uuid) => connectClient(stack.connector(n),
		{ version, namespace: NAMESPACE, identity: { uuid } });
	clients = await Promise.all([
		connect(1, "4.8.4", "a"), connect(1, "2.3.0", "b"),
		connect(2, "4.8.4", "c"), connect(2, "2.3.0", "d"),
	]);
	await Promise.all(clients.map((client) => client.join("shared")));
	await clients[2].join("second-only");
});

after(async () => {
	clients?.forEach((client) => client.close());
	await stack?.stop();
});

// Entries ever written to the inbox stream of connector n; it trims away those it has read.
async function inboxLength(n) {
	const owners = await stack.redis("ZRANGE", "lp:nodes", "0", "-1");
	const own = owners.filter((name) => name.startsWith(`${n}.`));
	assert.equal(own.length, 1, `lives of connector ${n} in lp:nodes: ${owners}`);
	const inbox = `lp:inbox:${own[0]}`;
	if (await stack.redis("EXISTS", inbox) === 0)
		return 0;
	return (await stack.redis("XINFO", "STREAM", inbox))["entries-added"];
}

const inboxes = () => Promise.all([inboxLength(1), inboxLength(2)]);

async function expectPush(ids, receivers) {
	for (const client of receivers) {
		await until(`pushes ${ids} at ${client.name}`,
			() => ids.every((id) => client.pushes.some((message) => message.id === id)));
	}
	for (const client of clients) {
		const got = client.pushes.filter((message) => ids.includes(message.id)).map(({ id }) => id);
		assert.deepEqual(got, receivers.includes(client) ? ids : [], client.name);
	}
}

async function pushMany(room, count, more) {
	const ids = [];
	for (let n = 0; n < count; n++)
		ids.push((await owner.push(room, { n }, more)).id);
	return ids;
}

test("a room with members on both reaches all of them", async () => {
	const before = await inboxes();
	const ids = await pushMany("shared", 20);
	await expectPush(ids, clients);
	assert.deepEqual(await inboxes(), before.map((length) => length + 20));
});

test("a room with members on one touches only that one's inbox", async () => {
	const before = await inboxes();
	const ids = await pushMany("second-only", 20);
	await expectPush(ids, [clients[2]]);
	assert.deepEqual(await inboxes(), [before[0], before[1] + 20]);
});

test("a user's own room touches only the connector of that user", async () => {
	const before = await inboxes();
	const ids = await pushMany("user_b", 20);
	await expectPush(ids, [clients[1]]);
	assert.deepEqual(await inboxes(), [before[0] + 20, before[1]]);
});

test("a room without members touches none", async () => {
	const before = await inboxes();
	await pushMany("nobody-here", 5);
	assert.deepEqual(await inboxes(), before);
});

test("the client in except is left out, wherever it is", async () => {
	const ids = await pushMany("shared", 3, { except: `${NAMESPACE}#c#web-c` });
	await expectPush(ids, clients.filter((client) => client !== clients[2]));
});

test("after leaveRoom the last member's connector is touched no more", async () => {
	assert.equal((await clients[2].call("leaveRoom", "second-only")).status, 200);
	const before = await inboxes();
	await pushMany("second-only", 5);
	assert.deepEqual(await inboxes(), before);
});

test("nothing crosses to another namespace", async () => {
	const other = await stack.namespace("/cluster2");
	const stranger = await connectClient(stack.connector(1),
		{ version: "4.8.4", namespace: "/cluster2", identity: { uuid: "a" } });
	try {
		await stranger.join("shared");
		const ids = await pushMany("shared", 3);
		await expectPush(ids, clients);
		const { id } = await other.push("shared", { mine: true });
		await until("the stranger's own push", () => stranger.pushes.length > 0);
		assert.deepEqual(stranger.pushes.map(({ namespace, id }) => ({ namespace, id })),
			[{ namespace: "/cluster2", id }]);
	} finally {
		stranger.close();
	}
});

test("the newest of two clients with one id stays, on whichever connector", async () => {
	const newer = await connectClient(stack.connector(2),
		{ version: "4.8.4", namespace: NAMESPACE, identity: { uuid: "a" } });
	try {
		await until("the older one closed", () => clients[0].lost.length === 1);
		await newer.join("shared");
		const ids = await pushMany("shared", 1);
		await until("the push at the newer one", () => newer.pushes.some(({ id }) => id === ids[0]));
		const room = await owner.online("shared", true);
		const all = ["a", "b", "c", "d"].map((uuid) => `${NAMESPACE}#${uuid}#web-${uuid}`);
		assert.deepEqual([...room.client].sort(), all);
	} finally {
		newer.close();
	}
});
