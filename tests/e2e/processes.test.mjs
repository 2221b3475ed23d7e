// Programs end cleanly on SIGTERM and leave nothing behind; what a kill -9 leaves behind goes when
// the connector starts again.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { connectClient } from "./lib/client.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/processes";
const ROOM = "r";

let stack;
let owner;
const clients = [];

before(async () => {
	stack = await startStack({ connectors: 2 });
	owner = await stack.namespace(NAMESPACE);
});

after(async () => {
	clients.forEach((client) => client.close());
	await stack?.stop();
});

async function join(connector, uuid, version = "4.8.4") {
	const client = await connectClient(stack.connector(connector),
		{ version, namespace: NAMESPACE, identity: { uuid } });
	clients.push(client);
	await client.join(ROOM);
	return client;
}

async function expectOnline(uuids, ms = 15_000) {
	const expected = uuids.map((uuid) => `${NAMESPACE}#${uuid}#web-${uuid}`).sort();
	await until(`online: ${expected}`, async () => {
		const { client, clientCount } = await owner.online(ROOM, true);
		return clientCount === expected.length && `${[...client].sort()}` === `${expected}`;
	}, ms);
}

test("light-push-api ends with status 0 on SIGTERM and comes back", async () => {
	assert.equal((await owner.send("POST", "/api/auth/login", {})).status, 200);
	assert.equal(await stack.terminate("api"), 0);
	assert.ok((await owner.send("POST", "/api/auth/login", {})).status >= 500);
	await stack.restart("api");
	assert.equal((await owner.send("POST", "/api/auth/login", {})).status, 200);
});

test("light-push-admin-api ends with status 0 on SIGTERM and comes back", async () => {
	assert.equal(await stack.terminate("admin-api"), 0);
	await stack.restart("admin-api");
	assert.equal((await stack.admin.send("POST", "/api/admin/login", {})).status, 200);
});

test("a connector ends with status 0 on SIGTERM, its presence with it", async () => {
	const gone = [await join(1, "a"), await join(1, "b", "2.3.0")];
	await join(2, "c");
	await expectOnline(["a", "b", "c"]);
	assert.equal(await stack.terminate("connector-1"), 0);
	for (const client of gone)
		await until(`${client.name} knows`, () => client.lost.length === 1);
	await expectOnline(["c"], 2000);
	assert.equal((await stack.redis("ZRANGE", "lp:nodes", "0", "-1")).length, 1);
	assert.deepEqual(Object.keys(await stack.redis("HGETALL", `lp:{${NAMESPACE}}:clients`)),
		[`${NAMESPACE}#c#web-c`]);
	await stack.restart("connector-1");
});

test("after kill -9 and a start with the same node_id presence is right", async () => {
	const lost = await join(1, "d");
	await expectOnline(["c", "d"]);
	await stack.kill("connector-1");
	await until("the client knows", () => lost.lost.length === 1);
	await stack.restart("connector-1");
	await expectOnline(["c"]);
	const again = await join(1, "d");
	await expectOnline(["c", "d"]);
	const { id } = await owner.push(ROOM, { n: 1 });
	await until("the push at the new connection", () => again.pushes.length > 0);
	assert.deepEqual(again.pushes.map((message) => message.id), [id]);
});

test("after kill -9 of the API no push is lost that it accepted", async () => {
	const receiver = await join(2, "e");
	const ids = [];
	for (let n = 0; n < 20; n++)
		ids.push((await owner.push(ROOM, { n })).id);
	await stack.kill("api");
	await stack.restart("api");
	ids.push((await owner.push(ROOM, { n: 20 })).id);
	await until("all pushes", () => receiver.pushes.length === ids.length);
	assert.deepEqual(receiver.pushes.map(({ id }) => id), ids);
});
