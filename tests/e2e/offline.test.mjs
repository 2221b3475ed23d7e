// Messages for devices that were away: the unread list, with real clients on two connectors.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Client, versions } from "./lib/client.mjs";
import { row } from "./lib/contract.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/away";

let stack;
let owner;
const clients = [];

before(async () => {
	stack = await startStack({
		connectors: 2,
		set: { redis_timeout: "5s", worker_message_timeout: "300ms", pingInterval: "1s" },
	});
	owner = await stack.namespace(NAMESPACE);
});

after(async () => {
	clients.forEach((client) => client.close());
	await stack?.stop();
});

const idOf = (uuid, platform = "android") => `${NAMESPACE}#${uuid}#${platform}-${uuid}`;

// A client that notes the events offlineMessage and ok in the order they come.
async function connect(version, uuid, { n = 1, platform = "android", transport, mute } = {}) {
	const client = new Client(stack.connector(n),
		{ version, transport, namespace: NAMESPACE, identity: { uuid, platform } });
	clients.push(client);
	if (mute)
		client.mute();
	client.order = [];
	client.unread = [];
	client.socket.on("offlineMessage", (list) => {
		client.order.push("offlineMessage");
		client.unread.push(...list);
	});
	client.socket.on("ok", () => client.order.push("ok"));
	await client.connected();
	return client;
}

async function leave(client, id) {
	client.close();
	await until(`${id} is offline`, async () =>
		await stack.redis("HEXISTS", `lp:{${NAMESPACE}}:clients`, id) === 0, 10_000);
}

// Was there, in the room, and went.
async function once(version, uuid, room, more) {
	const client = await connect(version, uuid, more);
	await client.join(room);
	await leave(client, idOf(uuid, more?.platform));
}

const events = async (id, client) =>
	(await owner.get(`/api/auth/report/push/${id}/timeline?client=${encodeURIComponent(client)}`))
		.list.map(({ event }) => event);

const decided = (id, client, word) => until(`${word} of ${id} for ${client}`,
	async () => (await events(id, client)).includes(word), 15_000);

for (const version of versions) {
	for (const transport of ["websocket", "polling"]) {
		const own = (name) => `${name}-${version[0]}${transport[0]}`;

		row("offlineMessage down", `what was missed comes in front of "ok", once; ${version}, ${transport}`, async () => {
			const [uuid, room] = [own("phone"), own("room")];
			await once(version, uuid, room, { transport });
			const pushData = { text: "早安", apsData: { alert: "x" } };
			const one = await owner.push(room, pushData, { leaveMessage: true });
			const two = await owner.push(`user_${uuid}`, [2], { leaveMessage: true });
			const none = await owner.push(room, { n: 3 });
			await decided(two.id, idOf(uuid), "stored");
			await decided(one.id, idOf(uuid), "stored");
			const back = await connect(version, uuid, { n: 2, transport });
			assert.deepEqual(back.order, ["offlineMessage", "ok"]);
			assert.deepEqual(back.unread.map(({ id }) => id), [`${two.id}`, `${one.id}`]);
			const [, record] = back.unread;
			assert.deepEqual(record.pushData, pushData);
			assert.equal(record.room, room);
			assert.equal(record.namespace, NAMESPACE);
			assert.equal(typeof record.sendDate, "string");
			assert.deepEqual(back.pushes, []);
			assert.ok(!back.unread.some(({ id }) => id === `${none.id}`));
			// a heartbeat later it is known to have come
			await until("nothing waits", async () =>
				await stack.redis("EXISTS", `lp:{${NAMESPACE}}:unread:${idOf(uuid)}`) === 0, 15_000);
			await leave(back, idOf(uuid));
			const again = await connect(version, uuid, { transport });
			assert.deepEqual(again.order, ["ok"]);
		});

		row("offlineMessage down", `an ackPush of it counts and proves it; ${version}, ${transport}`, async () => {
			const [uuid, room] = [own("acks"), own("ackroom")];
			await once(version, uuid, room, { transport });
			const { id } = await owner.push(room, { n: 1 }, { leaveMessage: true });
			await decided(id, idOf(uuid), "stored");
			const back = await connect(version, uuid, { n: 2, transport });
			back.socket.emit("ackPush", { id: back.unread[0].id });
			await until("the ack", async () =>
				(await owner.get(`/api/auth/report/push/${id}`)).ackAndroidCount === "1", 10_000);
			assert.equal(await stack.redis("EXISTS", `lp:{${NAMESPACE}}:unread:${idOf(uuid)}`), 0);
			assert.deepEqual(await events(id, idOf(uuid)), ["accepted", "stored", "acked"]);
		});
	}

	row("offlineMessage down", `a connection that dies before it proved anything gets them again; ${version}`, async () => {
		const [uuid, room] = [`dies-${version[0]}`, `dies-${version[0]}`];
		await once(version, uuid, room);
		const { id } = await owner.push(room, { n: 1 }, { leaveMessage: true });
		await decided(id, idOf(uuid), "stored");
		const first = await connect(version, uuid, { n: 1, mute: true });
		assert.equal(first.unread.length, 1);
		await stack.kill("connector-1");
		const second = await connect(version, uuid, { n: 2 });
		assert.deepEqual(second.unread.map((m) => m.id), [`${id}`]);
		await stack.restart("connector-1");
	});

	test(`an acknowledgement in time cancels it, ${version}`, async () => {
		const [uuid, room] = [`acked-${version[0]}`, `acked-${version[0]}`];
		const client = await connect(version, uuid);
		await client.join(room);
		client.onPush = ({ id }) => client.socket.emit("ackPush", { id });
		const other = `late-${version[0]}`;
		await once(version, other, room);
		// The worker stands still until it has come.
		const id = await stack.standing("worker-1", async () => {
			const push = await owner.push(room, { n: 1 }, { leaveMessage: true });
			await until("the ack", async () =>
				(await owner.get(`/api/auth/report/push/${push.id}`)).ackAndroidCount === "1");
			return push.id;
		});
		await decided(id, idOf(other), "stored");
		assert.deepEqual(await events(id, idOf(uuid)), ["accepted", "written", "acked"]);
	});

	test(`who comes back before it was decided gets it all the same, ${version}`, async () => {
		const [uuid, room] = [`early-${version[0]}`, `early-${version[0]}`];
		await once(version, uuid, room);
		const { id } = await owner.push(room, { n: 1 }, { leaveMessage: true });
		const back = await connect(version, uuid, { n: 2 });
		await until("it comes", () => back.unread.length === 1, 15_000);
		assert.equal(back.unread[0].id, `${id}`);
		await leave(back, idOf(uuid));
	});
}

row("offline delivery", "leaveMessage=false of a client, and of a room, is respected", async () => {
	for (const uuid of ["quiet-a", "quiet-b", "quiet-c"])
		await once("4.8.4", uuid, uuid === "quiet-c" ? "loud" : "quiet");
	await owner.send("POST", "/api/auth/client", { id: idOf("quiet-a"), leaveMessage: false });
	await owner.post("/api/auth/room-leave-message", { room: "loud", leaveMessage: false });
	const quiet = await owner.push("quiet", {}, { leaveMessage: true });
	const loud = await owner.push("loud", {}, { leaveMessage: true });
	await decided(quiet.id, idOf("quiet-b"), "stored");
	await until("both are worked on", async () => await stack.redis("XLEN", "lp:offline") === 0, 10_000);
	assert.deepEqual(await events(quiet.id, idOf("quiet-a")), ["accepted"]);
	assert.deepEqual(await events(loud.id, idOf("quiet-c")), ["accepted"]);
});

test("what has expired never comes", async () => {
	await once("4.8.4", "expired", "expired");
	const { id } = await owner.push("expired", {}, { leaveMessage: true, expire: 1 });
	await decided(id, idOf("expired"), "stored");
	// As if that hour were over.
	await stack.redis("PEXPIRE", `lp:{${NAMESPACE}}:msg:${id}`, "1");
	await until("it has expired", async () =>
		(await owner.send("GET", `/api/auth/report/push/${id}`)).status === 400);
	const back = await connect("4.8.4", "expired");
	assert.deepEqual(back.order, ["ok"]);
});

test("what is for one client alone is kept for that one", async () => {
	await once("4.8.4", "only-1", "only");
	await once("4.8.4", "only-2", "only");
	const { id } = await owner.push("only", { n: 1 }, { leaveMessage: true, only: idOf("only-2") });
	await decided(id, idOf("only-2"), "stored");
	assert.deepEqual(await events(id, idOf("only-1")), ["accepted"]);
	const back = await connect("4.8.4", "only-2");
	assert.deepEqual(back.unread.map((message) => message.id), [`${id}`]);
	assert.deepEqual((await connect("4.8.4", "only-1")).unread, []);
});

test("other platforms keep nothing, and who joined later has missed nothing", async () => {
	await once("4.8.4", "browser", "mixed", { platform: "web" });
	await once("4.8.4", "first", "mixed");
	const { id } = await owner.push("mixed", {}, { leaveMessage: true });
	await once("4.8.4", "later", "mixed");
	await decided(id, idOf("first"), "stored");
	assert.deepEqual((await connect("4.8.4", "browser", { platform: "web" })).order, ["ok"]);
	assert.deepEqual((await connect("4.8.4", "later")).order, ["ok"]);
});

test("more than a message's worth comes in several events, all of them", async () => {
	await once("4.8.4", "big", "big");
	const ids = [];
	for (let n = 0; n < 8; n++)
		ids.push((await owner.push("big", { n, text: "x".repeat(100_000) }, { leaveMessage: true })).id);
	for (const id of ids)
		await decided(id, idOf("big"), "stored");
	const back = await connect("4.8.4", "big");
	await until("all of them", () => back.unread.length === ids.length, 30_000);
	assert.deepEqual(back.unread.map(({ id }) => Number(id)), ids.reverse());
	assert.ok(back.order.length > 2);
});

test("kill -9 of the worker while messages wait loses none and stores none twice", async () => {
	await once("4.8.4", "killed", "killed");
	const ids = [];
	for (let n = 0; n < 50; n++)
		ids.push((await owner.push("killed", { n }, { leaveMessage: true })).id);
	await stack.kill("worker-1");
	await stack.restart("worker-1");
	for (const id of ids)
		await decided(id, idOf("killed"), "stored");
	for (const id of ids)
		assert.deepEqual(await events(id, idOf("killed")), ["accepted", "stored"]);
	const back = await connect("4.8.4", "killed");
	assert.deepEqual(back.unread.map(({ id }) => Number(id)), ids.reverse());
});
