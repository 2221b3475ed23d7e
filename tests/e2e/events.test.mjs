// What clients say and hear beside pushes: every event, from both client generations, with two
// connectors between them.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { connectClient } from "./lib/client.mjs";
import { socketRow } from "./lib/contract.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/events";
const OTHER = "/events-other";
const OK = { status: 200, msg: "ok" };
const FORBIDDEN = { status: 403, msg: "Forbidden" };

let stack;
let owner;
const open = [];

before(async () => {
	stack = await startStack({ connectors: 2, set: { redis_timeout: "5s", client_push_interval: "300ms" } });
	owner = await stack.namespace(NAMESPACE);
});

after(async () => {
	open.forEach((client) => client.close());
	await stack?.stop();
});

// A client on connector n that notes all it hears.
async function join(n, version, identity, rooms = [], namespace = NAMESPACE) {
	const client = await connectClient(stack.connector(n), { version, namespace, identity });
	client.heard = [];
	for (const name of ["push", "joinRoom", "leaveRoom", "peopleJoin", "peopleLeave"])
		client.socket.on(name, (data) => client.heard.push([name, data]));
	for (const room of rooms)
		await client.join(room);
	open.push(client);
	return client;
}

const idOf = ({ uuid, userid = uuid, platform = "web" }, namespace = NAMESPACE) =>
	`${namespace}#${userid}#${platform}-${uuid}`;

const hears = (client, ...expected) => until(`${client.name} hears ${JSON.stringify(expected)}`,
	() => assert.deepEqual(client.heard, expected) ?? true);

// What was sent before is there when a push that follows is: each client has one inbox, in order.
async function flush(client, api = owner) {
	const { id } = await api.push(`user_${client.userid}`, { last: true });
	await until(`the last push at ${client.name}`, () => client.pushes.some((push) => push.id === id));
	client.heard = client.heard.filter(([name, data]) => name !== "push" || data.id !== id);
}

async function hearsNothing(client, api) {
	client.heard = [];
	await flush(client, api);
	assert.deepEqual(client.heard, []);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

socketRow("push down", "what a client gets of a push", async ({ version, own }) => {
	const a = await join(2, version, { uuid: own("down") }, [own("down")]);
	const pushData = { text: "hé€😀\u2028", list: [1, null, { a: "\\" }], apsData: { alert: "x" } };
	const { id } = await owner.push(own("down"), pushData,
		{ from: "me", extra: "e", except: "nobody", leaveMessage: true, apnsName: "default" });
	await until("the push", () => a.pushes.length === 1);
	const [{ sendDate, ...message }] = a.pushes;
	assert.equal(typeof sendDate, "number");
	const { apsData, ...shown } = pushData;
	assert.deepEqual(message, { id, room: own("down"), namespace: NAMESPACE, pushData: shown });
	assert.equal(typeof message.id, "number");
});

socketRow("joinRoom, leaveRoom up", "one room or several, bad names among them", async ({ version, own }) => {
	const bad = { status: 500, msg: "joinOrleaveRoom error: Error: room invalid" };
	const uuid = own("rooms-a");
	const a = await join(1, version, { uuid });
	const rooms = async () => {
		const names = ["a", "b", "c", "d"].map(own);
		const report = await owner.get(`/api/auth/report/online?${names.map((r) => `room=${r}`).join("&")}`);
		return report.filter(({ clientCount }) => clientCount).map(({ name }) => name[0]).join("");
	};
	const says = async (event, what, answer, left) => {
		assert.deepEqual(await a.call(event, what), answer);
		assert.equal(await rooms(), left);
	};
	await says("joinRoom", own("a"), OK, "a");
	await says("joinRoom", [own("b"), own("c"), own("a")], OK, "abc");
	await says("joinRoom", [own("d"), "a b", 7], bad, "abcd");
	for (const wrong of ["a b", "", null, 7, {}, "r".repeat(101)])
		await says("joinRoom", wrong, bad, "abcd");
	await says("leaveRoom", own("a"), OK, "bcd");
	await says("leaveRoom", own("a"), OK, "bcd"); // not in it
	await says("leaveRoom", [own("b"), "a b"], bad, "cd");
	await says("leaveRoom", [own("c"), own("d"), `user_${uuid}`], OK, "");
	// without an answer, too
	a.socket.emit("joinRoom", own("a"));
	await until("it is in", async () => await rooms() === "a");
});

socketRow("ackPush up", "once for each client and message, and only of one's own", async ({ version, other, own }) => {
	const a = await join(1, version, { uuid: own("ack-a"), platform: "ios" }, [own("ack")]);
	const b = await join(2, other, { uuid: own("ack-b"), platform: "android" }, [own("ack")]);
	const c = await join(2, version, { uuid: own("ack-c") });
	const except = idOf({ uuid: own("ack-b"), platform: "android" });
	const one = await owner.push(own("ack"), { n: 1 });
	const two = await owner.push(own("ack"), { n: 2 }, { except });
	await until("both", () => a.pushes.length === 2 && b.pushes.length === 1);
	for (const client of [a, b, c]) {
		for (const { id } of [one, two]) {
			for (const again of [{ id }, { id }, { id: `${id}` }])
				client.socket.emit("ackPush", again);
		}
		for (const wrong of [{}, null, "x", { id: -1 }, { id: {} }, { id: 1e18 }])
			client.socket.emit("ackPush", wrong);
		await client.call("info", {}); // what was said before is read by now
	}
	const counts = async ({ id }) => {
		const record = await owner.get(`/api/auth/report/push/${id}`);
		return ["ackCount", "ackIOSCount", "ackAndroidCount", "ackWebCount"].map((name) => record[name]);
	};
	await until("the acks", async () => (await counts(one))[0] === "2" && (await counts(two))[0] === "1");
	// a later one is written later
	const last = await owner.push(own("ack"), { n: 3 });
	await until("the last", () => b.pushes.length === 2);
	b.socket.emit("ackPush", { id: last.id });
	await until("the last ack", async () => (await counts(last))[0] === "1");
	assert.deepEqual([await counts(one), await counts(two)], [["2", "1", "1", "0"], ["1", "1", "0", "0"]]);
});

socketRow("push up", "to the others in the room, on every connector", async ({ version, other, own }) => {
	const a = await join(1, version, { uuid: own("push-a") }, [own("push")]);
	const b = await join(2, other, { uuid: own("push-b") }, [own("push")]);
	const body = { room: own("push"), pushData: { n: 1, apsData: { alert: "x" } }, from: "me",
		namespace: OTHER, id: 7 };
	const answer = await a.call("push", body);
	assert.deepEqual({ ...answer, id: 0 }, { ...OK, id: 0 });
	assert.ok(Number.isSafeInteger(answer.id));
	await until("the push", () => b.pushes.length === 1);
	const { sendDate, ...message } = b.pushes[0];
	assert.equal(typeof sendDate, "number");
	assert.deepEqual(message,
		{ id: answer.id, namespace: NAMESPACE, room: own("push"), pushData: { n: 1 } });
	const record = await owner.get(`/api/auth/report/push/${answer.id}`);
	assert.equal(record.except, idOf({ uuid: own("push-a") }));
	assert.equal(record.from, undefined);
	assert.equal(record.namespace, NAMESPACE);
	assert.deepEqual(JSON.parse(record.pushData), body.pushData);
	assert.deepEqual(a.pushes, []);
});

socketRow("push up", "one per client_push_interval", async ({ version, own }) => {
	const a = await join(1, version, { uuid: own("limit-a") });
	const push = () => a.call("push", { room: "nobody", pushData: {} });
	// the machine may hold up the second for as long as that
	const second = await until("one too many", async () => {
		const answers = await Promise.all([push(), push()]);
		return answers[1].status !== 200 && answers[1];
	});
	assert.deepEqual(second, { status: 500, msg: "limited access in 0.3s" });
	await pause(320);
	assert.equal((await push()).status, 200);
});

socketRow("push up", "except as given, errors in the words of REST", async ({ version, other, own }) => {
	const a = await join(1, version, { uuid: own("except-a") }, [own("except")]);
	const b = await join(2, other, { uuid: own("except-b") }, [own("except")]);
	const except = idOf({ uuid: own("except-b") });
	const { id } = await a.call("push", { room: own("except"), pushData: [1], except });
	await until("the push", () => a.pushes.length === 1);
	assert.equal(a.pushes[0].id, id);
	await flush(Object.assign(b, { userid: own("except-b") }));
	assert.equal(b.pushes.length, 1);
	const bad = [
		[{ pushData: {} }, "room can not be empty"],
		[{ room: "a b", pushData: {} }, "room invalid"],
		[{ room: "r", pushData: 7 }, "pushData can not be empty and must be an Object"],
		[{ room: "r", pushData: {}, except: [] }, "except must be string"],
		[{ room: "r", pushData: {}, expire: 0 }, "expire invalid"],
		[{ room: "r", pushData: { apsData: { a: "x".repeat(4000) } }, leaveMessage: true },
			"pushData.apsData size must be less then 4000 bytes"],
	];
	for (const [body, msg] of bad) {
		await pause(310);
		assert.deepEqual(await a.call("push", body), { status: 400, msg });
		const { status, json } = await owner.send("POST", "/api/auth/push", body);
		assert.deepEqual([status, json.msg], [400, msg]);
	}
});

socketRow("info up", "sets the caller's own record, and returns it", async ({ version, own }) => {
	const identity = { uuid: own("info-a"), userid: own("info"), platform: "android" };
	const a = await join(1, version, identity);
	const fields = { device_token: "t", mobile: "+49", system: "Android", leaveMessage: false,
		longitude: 13.25, latitude: 52.5 };
	assert.deepEqual(await a.call("info", fields), OK);
	const record = await a.call("info", {});
	assert.match(record.last_connect_time, /^\d{13}$/);
	const known = { userId: own("info"), nspName: NAMESPACE, platform: "android", device_token: "t",
		mobile: "+49", system: "Android", leaveMessage: "false", longitude: "13.25",
		latitude: "52.5", last_connect_time: record.last_connect_time };
	assert.deepEqual(record, { ...known, ...OK });
	assert.deepEqual(await owner.post("/api/auth/client", { id: idOf(identity) }), known);
	assert.deepEqual(await a.call("info", { clientId: idOf(identity), mobile: "" }), OK);
	assert.equal((await a.call("info", null)).mobile, undefined);
	assert.deepEqual(await a.call("info", { clientId: idOf({ uuid: "x" }), mobile: "7" }), FORBIDDEN);
	assert.deepEqual(await a.call("info", { latitude: 91, longitude: 1 }),
		{ status: 400, msg: "latitude invalid" });
	assert.deepEqual(await owner.post("/api/auth/client", { id: idOf({ uuid: "x" }) }), {});
	// what the connection leaves behind
	a.close();
	const gone = await until("the end in the record", async () => {
		const left = await owner.post("/api/auth/client", { id: idOf(identity) });
		return left.last_disconnect_time && left;
	});
	assert.match(gone.disconnect_reason, /^(client namespace disconnect|transport close)$/);
	assert.ok(Number(gone.last_disconnect_time) >= Number(gone.last_connect_time));
});

socketRow("apns up", "rooms without offline push, on ios only", async ({ version, own }) => {
	const a = await join(1, version, { uuid: own("apns-a"), platform: "ios" });
	assert.deepEqual(await a.call("apns", {}), []);
	assert.deepEqual(await a.call("apns", { add: ["x", "y"] }), OK);
	assert.deepEqual(await a.call("apns", { add: ["z"], remove: ["x"] }), OK);
	assert.deepEqual((await a.call("apns", {})).sort(), ["y", "z"]);
	assert.deepEqual(await a.call("apns", { add: ["a b"] }), { status: 400, msg: "room invalid" });
	for (const platform of ["android", "web"]) {
		const b = await join(2, version, { uuid: own(`apns-${platform}`), platform });
		assert.deepEqual(await b.call("apns", {}), FORBIDDEN);
		assert.deepEqual(await b.call("apns", { add: ["x"] }), FORBIDDEN);
	}
});

socketRow("discover up", "who is near, on any connector", async ({ version, other, own }) => {
	// Far from those of the other version.
	const latitude = Number(version[0]);
	const place = async (client, longitude) =>
		assert.deepEqual(await client.call("info", { longitude, latitude, system: "s" }), OK);
	const a = await join(1, version, { uuid: own("near-a"), userid: own("me") });
	assert.deepEqual(await a.call("discover", {}), { list: [], ...OK });
	const mine = await join(2, other, { uuid: own("near-mine"), userid: own("me") });
	const b = await join(2, other, { uuid: own("near-b"), userid: own("b") });
	const b2 = await join(1, version, { uuid: own("near-b2"), userid: own("b"), platform: "ios" });
	const c = await join(1, version, { uuid: own("near-c"), userid: own("c") });
	await Promise.all([place(a, 5), place(mine, 5), place(b, 5.02), place(b2, 5.01), place(c, 5.05)]);
	await pause(110);
	const { list, ...rest } = await a.call("discover", {});
	assert.deepEqual(rest, OK);
	assert.deepEqual(list.map(({ id, userId, system, platform }) => ({ id, userId, system, platform })), [
		{ id: idOf({ uuid: own("near-b2"), userid: own("b"), platform: "ios" }), userId: own("b"),
			system: "s", platform: "ios" },
		{ id: idOf({ uuid: own("near-c"), userid: own("c") }), userId: own("c"), system: "s",
			platform: "web" },
	]);
	assert.ok(list[0].distance > 0.9 && list[0].distance < list[1].distance && list[1].distance < 6);
	await pause(110);
	assert.equal((await a.call("discover", { count: 1 })).list.length, 1);
	await pause(110);
	assert.equal((await a.call("discover", { radius: 2 })).list.length, 1);
	await pause(110);
	const there = await a.call("discover", { longitude: 5.05, latitude, radius: 0.1 });
	assert.deepEqual(there.list.map(({ userId }) => userId), [own("c")]);
	// only those online
	c.close();
	await until("the one that went is not found", async () =>
		(await a.call("discover", {})).list?.length === 1);
});

socketRow("peopleJoin, peopleLeave down", "to the others, on every connector", async ({ version, other, own }) => {
	const room = own("people");
	const a = await join(1, version, { uuid: own("watch-a") }, [room]);
	const b = await join(2, other, { uuid: own("watch-b") }, [room]);
	const identity = { uuid: own("come-go"), userid: own("walker") };
	const who = { sid: idOf(identity), uuid: identity.uuid, userid: identity.userid, room };
	const c = await join(1, version, { ...identity, activityBroadcast: true }, [room]);
	await Promise.all([a, b].map((client) => hears(client, ["peopleJoin", who])));
	assert.deepEqual(await c.call("leaveRoom", room), OK);
	const left = ["peopleLeave", { ...who, clientOffline: false }];
	await Promise.all([a, b].map((client) => hears(client, ["peopleJoin", who], left)));
	await c.join(room);
	c.close();
	const gone = ["peopleLeave", { ...who, clientOffline: true }];
	await Promise.all([a, b].map((client) =>
		hears(client, ["peopleJoin", who], left, ["peopleJoin", who], gone)));
	assert.deepEqual(c.heard, []);
	// one that did not ask for it
	const quiet = await join(2, version, { uuid: own("quiet") }, [room]);
	await quiet.call("leaveRoom", room);
	quiet.close();
	await hearsNothing(Object.assign(a, { userid: own("watch-a") }));
	await hearsNothing(Object.assign(b, { userid: own("watch-b") }));
});

socketRow("joinRoom, leaveRoom down", "to those whom a transfer really moved", async ({ version, other, own }) => {
	const [x, y, target] = [own("source-x"), own("source-y"), own("target")];
	const a = await join(1, version, { uuid: own("move-a") }, [x, y]);
	const b = await join(2, other, { uuid: own("move-b") }, [y]);
	const c = await join(2, version, { uuid: own("move-c") }, [x, target]);
	const d = await join(1, other, { uuid: own("move-d") });
	const move = (type, sourceRooms, targetRoom = target) =>
		owner.post("/api/auth/transfer", { targetRoom, sourceRooms, type });
	assert.deepEqual(await move("join", [x, y]), {});
	const payload = { targetRoom: target, sourceRooms: [x, y], type: "join", namespace: NAMESPACE };
	await Promise.all([a, b].map((client) => hears(client, ["joinRoom", payload])));
	const { id } = await owner.push(target, { to: "all" });
	for (const client of [a, b, c])
		await until(`the push at ${client.name}`, () => client.pushes.some((push) => push.id === id));
	const report = await owner.online(target, true);
	assert.deepEqual(report.client.sort(),
		["move-a", "move-b", "move-c"].map((uuid) => idOf({ uuid: own(uuid) })));
	for (const client of [a, b, c])
		client.heard = [];
	assert.deepEqual(await move("leave", [x]), {});
	const out = { targetRoom: target, sourceRooms: [x], type: "leave", namespace: NAMESPACE };
	await Promise.all([a, c].map((client) => hears(client, ["leaveRoom", out])));
	await hearsNothing(Object.assign(b, { userid: own("move-b") }));
	assert.deepEqual((await owner.online(target, true)).client, [idOf({ uuid: own("move-b") })]);
	// not out of one's own room; and nobody else hears anything
	await move("leave", [x, y], `user_${own("move-a")}`);
	await hearsNothing(Object.assign(a, { userid: own("move-a") }));
	await hearsNothing(Object.assign(d, { userid: own("move-d") }));
});

test("room_activity_broadcast = off: nobody is told who joins and leaves", async () => {
	const silent = await startStack({ connectors: 1,
		set: { redis_timeout: "5s", room_activity_broadcast: "off" } });
	const clients = [];
	const connect = async (version, uuid) => {
		const client = await connectClient(silent.connector(1),
			{ version, namespace: NAMESPACE, identity: { uuid, activityBroadcast: true } });
		clients.push(client);
		return client;
	};
	try {
		await silent.namespace(NAMESPACE);
		const a = await connect("4.8.4", "a");
		let told = 0;
		a.socket.on("peopleJoin", () => told++);
		await a.join("r");
		const b = await connect("2.3.0", "b");
		await b.join("r");
		assert.equal((await b.call("push", { room: "r", pushData: {} })).status, 200);
		await until("the push behind it", () => a.pushes.length === 1);
		assert.equal(told, 0);
	} finally {
		clients.forEach((client) => client.close());
		await silent.stop();
	}
});
