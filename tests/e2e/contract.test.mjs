// Every endpoint for a namespace as its row in docs/API.md says, through the web server, with clients
// of both generations on three connectors.

import assert from "node:assert/strict";
import { after, before } from "node:test";

import { connectClient } from "./lib/client.mjs";
import { row, socketRow } from "./lib/contract.mjs";
import { request } from "./lib/rest.mjs";
import { startStack } from "./lib/stack.mjs";
import { until, within } from "./lib/wait.mjs";

const KEY = "/contract";
const OTHER = "/contract-too"; // begins alike

let stack;
let owner;
let other;
const clients = [];

// Each comes to another connector, unless the web server chooses.
const connect = async (version, userid, platform, rooms = [], namespace = KEY) => {
	const client = await connectClient(stack.socket(clients.length),
		{ version, namespace, identity: { uuid: `of-${userid}`, userid, platform } });
	clients.push(client);
	client.id = `${namespace}#${userid}#${platform}-of-${userid}`;
	for (const room of rooms)
		await client.join(room);
	return client;
};

const event = (client, name) => within(10_000, `${name} at ${client.name}`,
	new Promise((resolve) => client.socket.once(name, resolve)));

before(async () => {
	stack = await startStack({ connectors: 3 });
	owner = await stack.namespace(KEY);
	other = await stack.namespace(OTHER);
});

after(async () => {
	for (const client of clients)
		client.close();
	await stack?.stop();
});

row("GET /health", "of the API and of every connector", async () => {
	const bases = [stack.env.LP_WEB_URL, ...stack.env.LP_CONNECTOR_URLS.split(" ")];
	for (const base of bases) {
		const answer = await request(base, "GET", "/health");
		assert.deepEqual([answer.status, answer.text], [200, "hello"]);
		assert.match(answer.headers["content-type"], /^text\/plain/);
	}
});

row("POST /api/auth/login", "{}", async () => {
	assert.deepEqual(await owner.post("/api/auth/login", {}), {});
});

socketRow("POST /api/auth/push", "to the room, without except and apsData", async ({ version, other: old, own }) => {
	const ann = await connect(version, own("ann"), "web", [own("pushes")]);
	const bob = await connect(old, own("bob"), "web", [own("pushes")]);
	const cat = await connect(old, own("cat"), "ios", [own("pushes")]);
	const { id, ...rest } = await owner.push(own("pushes"), { a: 1, apsData: { x: 1 } },
		{ except: bob.id, from: "me", extra: "x" });
	assert.deepEqual([Number.isSafeInteger(id), rest], [true, {}]);
	const [list] = [await owner.push(own("pushes"), ["a", 2])];
	for (const client of [ann, cat]) {
		await until("both", () => client.pushes.length === 2);
		const [{ sendDate, ...message }, second] = client.pushes;
		assert.ok(Math.abs(Date.now() - sendDate) < 60_000);
		assert.deepEqual(message, { id, namespace: KEY, room: own("pushes"), pushData: { a: 1 } });
		assert.deepEqual([second.id, second.pushData], [list.id, ["a", 2]]);
	}
	await until("the one for all", () => bob.pushes.length === 1);
	assert.deepEqual(bob.pushes.map((message) => message.id), [list.id]);
});

row("POST /api/auth/push", "errors in their order", async () => {
	const aps = (bytes) => ({ apsData: { alert: "x".repeat(bytes - '{"alert":""}'.length) } });
	const good = { room: "r", pushData: {} };
	const body = { expire: 11, leaveMessage: true }; // wrong at first in all, mended from above
	const errors = [
		[{}, "room can not be empty"],
		[{ room: "" }, "room can not be empty"],
		[{ room: "a b" }, "room invalid"],
		[{ room: ["r"] }, "room invalid"],
		[{ room: 7 }, "room invalid"],
		[{ room: "r".repeat(101), pushData: 1 }, "room invalid"],
		[{ room: "r", except: 1 }, "pushData can not be empty and must be an Object"],
		[{ room: "r", except: 1, pushData: "{}" }, "pushData can not be empty and must be an Object"],
		[{ ...good, except: 1 }, "except must be string"],
		[{ ...good, except: ["x"], pushData: aps(4001) }, "except must be string"],
		[{ ...good, pushData: aps(4001) }, "expire invalid"],
		...[0, -1, "NaN", "x", "1h", 10.1, true].map((expire) => [{ ...good, expire }, "expire invalid"]),
		[{ ...good, pushData: aps(4001), expire: 10 },
			"pushData.apsData size must be less then 4000 bytes"],
	];
	for (const [more, message] of errors)
		await owner.refused("POST", "/api/auth/push", { ...body, ...more }, 400, message);
	const taken = [
		{ ...good, pushData: aps(4000), leaveMessage: true },
		{ ...good, pushData: aps(4001) },
		{ ...good, expire: 10 }, { ...good, expire: 0.5 }, { ...good, expire: "2" },
		{ ...good, room: "r".repeat(100) },
		{ ...good, pushData: [] },
	];
	for (const push of taken)
		assert.ok((await owner.post("/api/auth/push", push)).id);
});

row("POST /api/auth/push", "an offline namespace takes none", async () => {
	const key = "/contract-offline";
	const owner = await stack.namespace(key);
	await stack.admin.post("/api/admin/namespace/save", { key, offline: "on" });
	const push = { room: "r", pushData: {}, expire: 11 };
	await owner.refused("POST", "/api/auth/push", push, 400, "this namespace offline");
	await owner.refused("POST", "/api/auth/push", { ...push, except: 1 }, 400, "except must be string");
	await owner.refused("POST", "/api/auth/transfer", {}, 400, "this namespace offline");
});

socketRow("POST /api/auth/push with extra lost", "stored and counted, not delivered", async ({ version, own }) => {
	const zoe = await connect(version, own("zoe"), "web", [own("lost")]);
	const lost = await owner.push(own("lost"), { n: 1 }, { extra: "lost" });
	const { id } = await owner.push(own("lost"), { n: 2 });
	await until("what is not lost", () => zoe.pushes.length > 0);
	assert.deepEqual(zoe.pushes.map((message) => message.id), [id]);
	const record = await owner.get(`/api/auth/report/push/${lost.id}`);
	assert.deepEqual([record.extra, record.pushData, record.onlineClientCount], ["lost", '{"n":1}', "0"]);
});

row("message record", "every value a text, only what is documented", async () => {
	const given = { except: "x", from: "me", extra: "more", apnsName: "default", leaveMessage: true };
	const pushData = { n: 1, apsData: { alert: "hé" } };
	const { id } = await owner.call("POST", "/api/auth/push", { room: "records", pushData, ...given,
		expire: 2, unknown: "z", id: 9, namespace: OTHER, sendDate: 1 }, { described: false });
	const record = await owner.get(`/api/auth/report/push/${id}`);
	const { ackWebDetail, ackIOSDetail, ackAndroidDetail, sendDate, pushData: text, ...rest } = record;
	assert.deepEqual([ackWebDetail, ackIOSDetail, ackAndroidDetail], [[], [], []]);
	assert.ok(Math.abs(Date.now() - Number(sendDate)) < 60_000);
	assert.deepEqual(JSON.parse(text), pushData);
	const counts = Object.keys(rest).filter((name) => name.endsWith("Count"));
	for (const name of counts) {
		assert.equal(rest[name], "0", name);
		delete rest[name];
	}
	for (const name of ["onlineClientCount", "ackCount", "ackIOSCount", "ackAndroidCount", "ackWebCount"])
		assert.ok(counts.includes(name), name);
	assert.deepEqual(rest, { ...given, leaveMessage: "true", id: `${id}`, namespace: KEY, room: "records",
		expire: "2" });
	const plain = await owner.get(`/api/auth/report/push/${(await owner.push("records", {})).id}`);
	for (const name of Object.keys(given))
		assert.equal(plain[name], undefined, name);
	assert.equal(plain.expire, "1");
});

row("GET /api/auth/report/push", "in pages, newest first", async () => {
	const ids = [];
	for (let n = 0; n < 21; n++)
		ids.unshift(`${(await owner.push("reports", { n })).id}`);
	const list = async (query) => (await owner.get(`/api/auth/report/push${query}`)).map(({ id }) => id);
	assert.deepEqual(await list(""), ids.slice(0, 20));
	assert.deepEqual(await list("?page=2&size=5"), ids.slice(5, 10));
	for (const value of Object.values((await owner.get("/api/auth/report/push?size=1"))[0]))
		assert.equal(typeof value, "string");
	assert.deepEqual(await owner.get("/api/auth/report/push?page=1000"), []);
	for (const query of ["?size=x", "?page=0", "?page=1e", "?size=-1"])
		await owner.refused("GET", `/api/auth/report/push${query}`, undefined, 400,
			"page and size must be numbers from 1");
	assert.ok((await list("?size=100000")).length <= 500);
});

socketRow("GET /api/auth/report/push/:id", "with who acknowledged", async ({ version, own }) => {
	const carl = await connect(version, own("carl"), "android", [own("acks")]);
	const dave = await connect(version, own("dave"), "ios", [own("acks")]);
	const { id } = await owner.push(own("acks"), { n: 1 });
	for (const client of [carl, dave]) {
		await until(`${client.name} gets it`, () => client.pushes.length === 1);
		client.socket.emit("ackPush", { id });
	}
	const record = await until("the acks count", async () => {
		const one = await owner.get(`/api/auth/report/push/${id}?ackDetail=true`);
		return one.ackCount === "2" && one.onlineClientCount === "2" && one;
	});
	assert.deepEqual([record.ackWebCount, record.ackIOSCount, record.ackAndroidCount], ["0", "1", "1"]);
	assert.deepEqual([record.ackWebDetail, record.ackIOSDetail, record.ackAndroidDetail],
		[[], [dave.id], [carl.id]]);
	assert.deepEqual((await owner.get(`/api/auth/report/push/${id}`)).ackAndroidDetail, []);
	for (const none of [id, "x", "0", "99999999999999999999"]) {
		await (none === id ? other : owner).refused("GET", `/api/auth/report/push/${none}`, undefined,
			400, "this id not exists");
	}
});

socketRow("GET /api/auth/report/online", "of the namespace and of rooms", async ({ version, other: old, own }) => {
	const rooms = [own("online"), own("empty")];
	const dora = [await connect(version, own("dora"), "ios", rooms.slice(0, 1)),
		await connect(old, own("dora"), "android", rooms.slice(0, 1))];
	const away = await connect(version, own("gone"), "ios", rooms);
	away.close();
	await until("one has gone", async () => (await owner.online(rooms[0])).clientCount === 2);
	const whole = await owner.get("/api/auth/report/online?detail=1");
	assert.ok(whole.room.includes(rooms[0]) && !whole.room.includes(rooms[1]));
	assert.ok(whole.user.includes(own("dora")));
	assert.deepEqual([whole.client.length, whole.user.length, whole.room.length],
		[whole.clientCount, whole.userCount, whole.roomCount]);
	assert.ok(whole.totalClientCount > whole.clientCount);
	const counts = { userCount: 1, clientCount: 2, totalClientCount: 3, iosClientCount: 1,
		totalIOSClientCount: 2, androidClientCount: 1, totalAndroidClientCount: 1 };
	const none = { userCount: 0, clientCount: 0, totalClientCount: 1, iosClientCount: 0,
		totalIOSClientCount: 1, androidClientCount: 0, totalAndroidClientCount: 0 };
	const query = `room=${rooms[0]}&room=${rooms[1]}`;
	assert.deepEqual(await owner.get(`/api/auth/report/online?${query}`),
		[{ name: rooms[0], ...counts }, { name: rooms[1], ...none }]);
	const detail = await owner.get(`/api/auth/report/online?${query}&detail=true`);
	detail[0].client.sort();
	assert.deepEqual(detail, [
		{ name: rooms[0], ...counts, client: dora.map(({ id }) => id).sort(), user: [own("dora")] },
		{ name: rooms[1], ...none, client: [], user: [] },
	]);
	// of a user's own room too
	const [mine] = await owner.get(`/api/auth/report/online?room=user_${own("dora")}&detail=1`);
	assert.deepEqual([mine.userCount, mine.clientCount, mine.user], [1, 2, [own("dora")]]);
	// "room=" is no room
	assert.deepEqual(await other.get("/api/auth/report/online?room="),
		{ roomCount: 0, userCount: 0, clientCount: 0, totalClientCount: 0 });
});

socketRow("POST /api/auth/transfer", "everybody, online or not", async ({ version, other: old, own }) => {
	const [from, to] = [own("from"), own("to")];
	const moved = [await connect(version, own("eve"), "web", [from]),
		await connect(old, own("fred"), "ios", [from])];
	const stranger = await connect(version, own("eve"), "web", [from], OTHER);
	const away = await connect(version, own("gus"), "android", [from]);
	away.close();
	await until("gus is away", async () => (await owner.online(from)).clientCount === 2);
	const told = moved.map((client) => event(client, "joinRoom"));
	const body = { targetRoom: to, sourceRooms: [from], type: "join" };
	assert.deepEqual(await owner.post("/api/auth/transfer", body), {});
	// a push that follows the answer is not missed
	await owner.push(to, { moved: true });
	await until("both get the push", () => moved.every(({ pushes }) => pushes.length === 1), 10_000);
	for (const message of await Promise.all(told))
		assert.deepEqual(message, { ...body, namespace: KEY });
	const report = await until("the report knows", async () => {
		const one = await owner.online(to);
		return one.clientCount === 2 && one;
	}, 10_000);
	assert.equal(report.totalClientCount, 3); // with gus
	assert.equal((await other.online(to)).totalClientCount, 0);
	assert.equal(stranger.pushes.length, 0);
	await owner.post("/api/auth/transfer", { ...body, type: "leave" });
	await until("all are out", async () => {
		const one = await owner.online(to);
		return one.clientCount === 0 && one.totalClientCount === 0;
	}, 10_000);
});

row("POST /api/auth/transfer", "errors in their order", async () => {
	const empty = "targetRoom and sourceRooms and type and namespace can not be empty";
	const good = { targetRoom: "to", sourceRooms: ["from"], type: "join" };
	const errors = [
		[{ ...good, sourceRooms: [] }, empty],
		[{ ...good, targetRoom: "", sourceRooms: ["a b"] }, empty],
		[{ ...good, type: undefined, targetRoom: "a b" }, empty],
		[{ ...good, targetRoom: "a b", sourceRooms: ["a b"] }, "targetRoom invalid"],
		[{ ...good, sourceRooms: ["ok", "a b"] }, "sourceRoom invalid"],
		[{ ...good, sourceRooms: [{}] }, "sourceRoom invalid"],
	];
	for (const [body, message] of errors)
		await owner.refused("POST", "/api/auth/transfer", body, 400, message);
});

socketRow("POST /api/auth/client", "reads and changes a record", async ({ version, own }) => {
	const hal = await connect(version, own("hal"), "ios");
	const set = await owner.send("POST", "/api/auth/client", { id: hal.id, device_token: "T", mobile: "1",
		system: "iOS", leaveMessage: false, longitude: 10, latitude: "20.5", unknown: "x" }, { described: false });
	assert.deepEqual([set.status, set.text], [204, ""]);
	const { last_connect_time, ...record } = await owner.post("/api/auth/client", { id: hal.id });
	assert.match(last_connect_time, /^\d{13}$/);
	assert.deepEqual(record, { userId: own("hal"), nspName: KEY, platform: "ios", device_token: "T",
		mobile: "1", system: "iOS", leaveMessage: "false", longitude: "10", latitude: "20.5" });
	await owner.refused("POST", "/api/auth/client", {}, 400, "param id can not find ");
	await owner.refused("POST", "/api/auth/client", { mobile: "1" }, 400, "param id can not find ");
	for (const body of [{ id: hal.id }, { id: hal.id, mobile: "2" }])
		await other.refused("POST", "/api/auth/client", body, 404, "client not found");
	assert.equal((await owner.post("/api/auth/client", { id: hal.id })).mobile, "1");
	assert.deepEqual(await owner.post("/api/auth/client", { id: `${KEY}#no#web-one` }), {});
});

socketRow("POST /api/auth/room-apns", "of every ios client ever in the room", async ({ version, own }) => {
	const ida = await connect(version, own("ida"), "ios", [own("quiet")]);
	const ivo = await connect(version, own("ivo"), "ios", [own("quiet")]);
	ivo.close();
	await until("ivo is away", async () => (await owner.online(own("quiet"))).clientCount === 1);
	const path = "/api/auth/room-apns";
	assert.deepEqual(await owner.post(path, { room: own("quiet"), add: ["a", "b"] }), {});
	assert.deepEqual(await owner.post(path, { room: own("quiet"), remove: ["a"] }), {});
	assert.deepEqual(await ida.call("apns", {}), ["b"]);
	const again = await connect(version, own("ivo"), "ios");
	assert.deepEqual(await again.call("apns", {}), ["b"]);
	await owner.refused("POST", path, { add: ["a"] }, 400, "can not find room");
});

socketRow("POST /api/auth/room-leave-message", "of every client ever in the room", async ({ version, own }) => {
	const jim = await connect(version, own("jim"), "android", [own("leave")]);
	const joe = await connect(version, own("joe"), "web", [own("leave")]);
	joe.close();
	await until("joe is away", async () => (await owner.online(own("leave"))).clientCount === 1);
	const path = "/api/auth/room-leave-message";
	for (const leaveMessage of [true, false]) {
		assert.deepEqual(await owner.post(path, { room: own("leave"), leaveMessage }), {});
		for (const { id } of [jim, joe])
			assert.equal((await owner.post("/api/auth/client", { id })).leaveMessage, `${leaveMessage}`);
	}
	await owner.refused("POST", path, { leaveMessage: true }, 400, "can not find room");
});

row("GET /api/auth/namespace/current-message-stat", "minute, hour and day", async () => {
	const rest = await stack.namespace("/counted");
	const path = "/api/auth/namespace/current-message-stat";
	// a minute, an hour or a day may end between these: only then a second try
	let pushed = 0;
	await until("two are counted in each", async () => {
		await rest.push("r", {});
		await rest.push("r", {});
		pushed += 2;
		const stat = await rest.get(path);
		assert.deepEqual(Object.keys(stat), ["currMinuteMessageCount", "currHourMessageCount",
			"currDateMessageCount"]);
		return Object.values(stat).every((n) => n >= 2 && n <= pushed);
	});
	assert.equal((await (await stack.namespace("/uncounted")).get(path)).currDateMessageCount, 0);
});

row("flags", "are true unless absent, empty, 0 or false", async () => {
	const { id } = await owner.push("flags", {});
	for (const [value, expected] of [["", false], ["0", false], ["false", false], ["1", true], ["no", true]]) {
		const report = await owner.get(`/api/auth/report/online?detail=${value}`);
		assert.equal("client" in report, expected, `detail=${value}`);
		const one = await owner.get(`/api/auth/report/push/${id}?ackDetail=${value}`);
		assert.deepEqual(one.ackWebDetail, []);
		const { list } = await stack.admin.get(`/api/admin/namespace/list?key=${KEY}&online=${value}`);
		assert.equal("clientCount" in list[0], expected, `online=${value}`);
	}
});
