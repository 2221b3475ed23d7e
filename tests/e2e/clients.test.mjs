// Both client generations over every transport, all in one room on two connectors: each gets every
// push once and in order, and every acknowledgement is counted.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { connectClient, transports, versions } from "./lib/client.mjs";
import { direct, startStack, target } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const PUSHES = 200;
const NAMESPACE = "/clients";
const ROOM = "everybody";
const platforms = ["web", "ios", "android"];

const kinds = [];
for (const version of versions) {
	for (const transport of Object.keys(transports)) {
		for (const by of ["url", "connect"])
			kinds.push({ version, transport, by, platform: platforms[kinds.length % 3] });
	}
}
const title = ({ version, transport, by }) => `${version} ${transport}, identity by ${by}`;
const clientId = (n) => `${NAMESPACE}#user${n}#${kinds[n].platform}-device${n}`;

let stack;
let owner;
const clients = [];
const ids = [];

before(async () => {
	stack = await startStack();
	owner = await stack.namespace(NAMESPACE);
});

after(async () => {
	clients.forEach((client) => client?.close());
	await stack?.stop();
});

kinds.forEach((kind, n) => test(`connect: ${title(kind)} (${target})`, async () => {
	const identity = { uuid: `device${n}`, userid: `user${n}`, platform: kind.platform };
	const client = await connectClient(stack.socket(n), { ...kind, namespace: NAMESPACE, identity });
	clients[n] = client;
	client.onPush = ({ id }) => client.socket.emit("ackPush", { id });
	const ok = await client.connected();
	assert.equal(ok.clientId, clientId(n));
	assert.equal(typeof ok.port, "number");
	if (direct)
		assert.equal(ok.port, Number(new URL(stack.socket(n).url).port));
	assert.deepEqual(await client.call("joinRoom", ROOM), { status: 200, msg: "ok" });
}));

test("all are online, in the room and for the namespace", async () => {
	const expected = kinds.length;
	const room = await until(`${expected} clients in the room`, async () => {
		const report = await owner.online(ROOM, true);
		return report.clientCount === expected && report;
	});
	assert.equal(room.userCount, expected);
	assert.equal(room.iosClientCount, expected / 3);
	assert.equal(room.androidClientCount, expected / 3);
	assert.deepEqual([...room.client].sort(), kinds.map((_, n) => clientId(n)).sort());
	const { clientCount, userCount } = await owner.get("/api/auth/report/online");
	assert.deepEqual({ clientCount, userCount }, { clientCount: expected, userCount: expected });
});

test(`${PUSHES} pushes are accepted`, async () => {
	for (let n = 0; n < PUSHES; n++) {
		const { id } = await owner.push(ROOM, { n, text: "hé€😀" });
		assert.ok(Number.isSafeInteger(id));
		ids.push(id);
	}
});

const inOrder = (kind) => `each push once and in order: ${title(kind)} (${target})`;
kinds.forEach((kind, n) => test(inOrder(kind), async () => {
	const client = clients[n];
	assert.equal(ids.length, PUSHES);
	await until(`${PUSHES} pushes at ${client.name}`, () => client.pushes.length >= PUSHES, 10_000);
	assert.deepEqual(client.pushes.map(({ id }) => id), ids);
	client.pushes.forEach((message, i) => {
		const { sendDate, ...rest } = message;
		assert.equal(typeof sendDate, "number");
		assert.deepEqual(rest, {
			id: ids[i], namespace: NAMESPACE, room: ROOM, pushData: { n: i, text: "hé€😀" },
		});
	});
	assert.deepEqual(client.lost, []);
	const last = kind.transport === "polling" ? "polling" : "websocket";
	await until(`${client.name} on ${last}`, () => client.transport === last);
}));

test("every message's report counts every delivery and every acknowledgement", async () => {
	const expected = {
		onlineClientCount: "12", ackCount: "12",
		ackWebCount: "4", ackIOSCount: "4", ackAndroidCount: "4",
	};
	for (const id of ids) {
		let record;
		await until(`12 acks of message ${id}`, async () => {
			record = await owner.get(`/api/auth/report/push/${id}`);
			return record.ackCount === "12" && record.onlineClientCount === "12";
		}).catch(() => {});
		const counts = Object.fromEntries(Object.keys(expected).map((key) => [key, record[key]]));
		assert.deepEqual(counts, expected, `message ${id}`);
	}
	const detail = await owner.get(`/api/auth/report/push/${ids[0]}?ackDetail=1`);
	for (const [field, platform] of
		[["ackWebDetail", "web"], ["ackIOSDetail", "ios"], ["ackAndroidDetail", "android"]]) {
		const acked = kinds.map((_, n) => clientId(n)).filter((id) => id.includes(`#${platform}-`));
		assert.deepEqual([...detail[field]].sort(), acked.sort(), field);
	}
});

test("the list of reports is newest first", async () => {
	const list = await owner.get("/api/auth/report/push?page=1&size=10");
	assert.deepEqual(list.map(({ id }) => Number(id)), ids.slice(-10).reverse());
});

test("nobody is online when all have gone", async () => {
	clients.forEach((client) => client.close());
	await until("an empty room", async () => (await owner.online(ROOM)).clientCount === 0);
	const { clientCount, userCount, roomCount } = await owner.get("/api/auth/report/online");
	assert.deepEqual([clientCount, userCount, roomCount], [0, 0, 0]);
});
