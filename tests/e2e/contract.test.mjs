// Every endpoint once as its row in docs/API.md says, through the web server. Tests are named after
// the endpoint.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { connectClient } from "./lib/client.mjs";
import { request } from "./lib/rest.mjs";
import { startStack, target } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const KEY = "/contract";
const OTHER = "/contract-too"; // begins alike

let stack;
let admin;
let owner;
let other;
const clients = [];

const connect = async (userid, platform, rooms = [], namespace = KEY) => {
	const client = await connectClient(stack.socket(clients.length),
		{ version: "4.8.4", namespace, identity: { uuid: `of-${userid}`, userid, platform } });
	clients.push(client);
	client.id = `${namespace}#${userid}#${platform}-of-${userid}`;
	for (const room of rooms)
		await client.join(room);
	return client;
};

// An error: status and message.
const refused = async (rest, method, path, body, status, message) => {
	const answer = await rest.send(method, path, body);
	assert.equal(answer.status, status, answer.text);
	assert.equal(answer.json.msg, message);
	assert.equal(answer.json.code, 9999);
};

const event = (client, name) => new Promise((resolve) => client.socket.once(name, resolve));

const keysOf = async (key) => {
	const found = [];
	let cursor = "0";
	do {
		const [next, keys] = await stack.redis("SCAN", cursor, "COUNT", "1000");
		found.push(...keys.filter((name) => name.includes(`{${key}}`)));
		cursor = `${next}`;
	} while (cursor !== "0");
	return found;
};

const goOffline = async (key) => {
	await stack.admin.post("/api/admin/namespace/save", { key, offline: "on" });
};

before(async () => {
	stack = await startStack({ connectors: 2 });
	admin = stack.admin;
	owner = await stack.namespace(KEY);
	other = await stack.namespace(OTHER);
});

after(async () => {
	for (const client of clients)
		client.close();
	await stack?.stop();
});

test(`GET /health (${target})`, async () => {
	assert.equal((await request(stack.env.LP_WEB_URL, "GET", "/health")).text, "hello");
});

test(`success and errors carry the same headers (${target})`, async () => {
	const origin = "https://page.example";
	const good = await request(stack.env.LP_WEB_URL, "POST", "/api/auth/login",
		{ headers: { ...owner.headers, origin }, body: {} });
	const bad = await request(stack.env.LP_WEB_URL, "POST", "/api/auth/login",
		{ headers: { origin }, body: {} });
	assert.deepEqual([good.status, bad.status], [200, 400]);
	for (const name of ["content-type", "from", "access-control-allow-origin"]) {
		assert.ok(good.headers[name], name);
		assert.equal(bad.headers[name], good.headers[name], name);
	}
});

test(`authorization (${target})`, async () => {
	await admin.post("/api/admin/namespace/save", { key: "/no-password" });
	const login = (user, password, path = "/api/auth/login") => stack.rest(user, password)
		.send("POST", path, {});
	const rows = [
		["/nobody", "x", undefined, 400, "namespace not found"],
		["/no-password", "", undefined, 401, "passwd error"],
		[KEY, "x", undefined, 401, "passwd error"],
		[KEY, `password of ${KEY}`, "/api/admin/login", 401, "auth error"],
	];
	for (const [user, password, path, status, message] of rows) {
		const answer = await login(user, password, path);
		assert.deepEqual([answer.status, answer.json.msg], [status, message], user);
	}
});

test(`POST /api/auth/login, POST /api/admin/login (${target})`, async () => {
	assert.deepEqual(await owner.post("/api/auth/login", {}), {});
	assert.deepEqual(await admin.post("/api/admin/login", {}), {});
});

test(`POST /api/auth/push (${target})`, async () => {
	const ann = await connect("ann", "web", ["pushes"]);
	const bob = await connect("bob", "web", ["pushes"]);
	const { id } = await owner.push("pushes", { a: 1, apsData: { x: 1 } }, { except: bob.id });
	await until("ann gets it", () => ann.pushes.length === 1);
	assert.deepEqual(ann.pushes[0].pushData, { a: 1 });
	assert.equal(ann.pushes[0].id, id);
	assert.equal(bob.pushes.length, 0);
});

test(`GET /api/auth/report/push (${target})`, async () => {
	await owner.push("reports", { n: 1 });
	await owner.push("reports", { n: 2 });
	const page = await owner.get("/api/auth/report/push?page=1&size=2");
	assert.deepEqual(page.map((one) => JSON.parse(one.pushData)), [{ n: 2 }, { n: 1 }]);
	for (const value of Object.values(page[0]))
		assert.equal(typeof value, "string");
	assert.deepEqual(await owner.get("/api/auth/report/push?page=1000"), []);
	await refused(owner, "GET", "/api/auth/report/push?size=x", undefined, 400,
		"page and size must be numbers from 1");
});

test(`GET /api/auth/report/push/:id (${target})`, async () => {
	const carl = await connect("carl", "android", ["acks"]);
	const { id } = await owner.push("acks", { n: 1 });
	await until("carl gets it", () => carl.pushes.length === 1);
	carl.socket.emit("ackPush", { id });
	const record = await until("the ack counts", async () => {
		const one = await owner.get(`/api/auth/report/push/${id}?ackDetail=true`);
		return one.ackAndroidCount === "1" && one;
	});
	assert.deepEqual(record.ackAndroidDetail, [carl.id]);
	assert.deepEqual(record.ackIOSDetail, []);
	assert.deepEqual((await owner.get(`/api/auth/report/push/${id}`)).ackAndroidDetail, []);
	await refused(other, "GET", `/api/auth/report/push/${id}`, undefined, 400, "this id not exists");
});

test(`GET /api/auth/report/online, GET /api/admin/report/online (${target})`, async () => {
	await connect("dora", "ios", ["online"]);
	const own = await owner.get("/api/auth/report/online?detail=1");
	assert.ok(own.room.includes("online") && own.user.includes("dora"));
	assert.equal(own.client.length, own.clientCount);
	const room = await owner.get("/api/auth/report/online?room=online&detail=1");
	assert.deepEqual(room, [{
		name: "online", userCount: 1, clientCount: 1, totalClientCount: 1, iosClientCount: 1,
		totalIOSClientCount: 1, androidClientCount: 0, totalAndroidClientCount: 0,
		client: [`${KEY}#dora#ios-of-dora`], user: ["dora"],
	}]);
	const none = await other.get("/api/auth/report/online?room=");
	assert.deepEqual(none, { roomCount: 0, userCount: 0, clientCount: 0, totalClientCount: 0 });
	const all = await admin.get("/api/admin/report/online");
	assert.deepEqual(Object.keys(all).sort(), ["clientCount", "roomCount", "userCount"]);
	const one = await admin.get(`/api/admin/report/online?namespace=${KEY}&room=online`);
	assert.equal(one[0].clientCount, 1);
});

test(`POST /api/auth/transfer (${target})`, async () => {
	const moved = [await connect("eve", "web", ["from"]), await connect("fred", "ios", ["from"])];
	const stranger = await connect("eve", "web", ["from"], OTHER);
	const away = await connect("gus", "android", ["from"]);
	away.close();
	await until("gus is away", async () => (await owner.online("from")).clientCount === 2);
	const told = moved.map((client) => event(client, "joinRoom"));
	const body = { targetRoom: "to", sourceRooms: ["from"], type: "join" };
	assert.deepEqual(await owner.post("/api/auth/transfer", body), {});
	// a push that follows the answer is not missed
	await owner.push("to", { moved: true });
	await until("both get the push", () => moved.every(({ pushes }) => pushes.length === 1));
	for (const message of await Promise.all(told))
		assert.deepEqual(message, { ...body, namespace: KEY });
	const report = await until("the report knows", async () => {
		const one = await owner.online("to");
		return one.clientCount === 2 && one;
	});
	assert.equal(report.totalClientCount, 3); // with gus
	assert.equal((await other.online("to")).totalClientCount, 0);
	assert.equal(stranger.pushes.length, 0);
	await owner.post("/api/auth/transfer", { ...body, type: "leave" });
	await until("all are out", async () => {
		const one = await owner.online("to");
		return one.clientCount === 0 && one.totalClientCount === 0;
	});
	await refused(owner, "POST", "/api/auth/transfer", { ...body, sourceRooms: [] }, 400,
		"targetRoom and sourceRooms and type and namespace can not be empty");
});

test(`POST /api/auth/client (${target})`, async () => {
	const hal = await connect("hal", "ios");
	const set = await owner.send("POST", "/api/auth/client", { id: hal.id, device_token: "T" });
	assert.deepEqual([set.status, set.text], [204, ""]);
	const record = await owner.post("/api/auth/client", { id: hal.id });
	assert.equal(record.device_token, "T");
	assert.equal(record.userId, "hal");
	assert.equal(record.platform, "ios");
	assert.match(record.last_connect_time, /^\d{13}$/);
	await refused(owner, "POST", "/api/auth/client", {}, 400, "param id can not find ");
	await refused(other, "POST", "/api/auth/client", { id: hal.id }, 404, "client not found");
	assert.deepEqual(await owner.post("/api/auth/client", { id: `${KEY}#no#web-one` }), {});
});

test(`POST /api/auth/room-apns (${target})`, async () => {
	const ida = await connect("ida", "ios", ["quiet"]);
	assert.deepEqual(await owner.post("/api/auth/room-apns", { room: "quiet", add: ["a", "b"] }), {});
	await owner.post("/api/auth/room-apns", { room: "quiet", remove: ["a"] });
	const rooms = await ida.call("apns", {});
	assert.deepEqual(rooms, ["b"]);
	await refused(owner, "POST", "/api/auth/room-apns", { add: ["a"] }, 400, "can not find room");
});

test(`POST /api/auth/room-leave-message (${target})`, async () => {
	const jim = await connect("jim", "android", ["leave"]);
	const path = "/api/auth/room-leave-message";
	for (const leaveMessage of [true, false]) {
		assert.deepEqual(await owner.post(path, { room: "leave", leaveMessage }), {});
		const record = await owner.post("/api/auth/client", { id: jim.id });
		assert.equal(record.leaveMessage, `${leaveMessage}`);
	}
	await refused(owner, "POST", path, { leaveMessage: true }, 400, "can not find room");
});

test(`GET /api/auth/namespace, POST /api/auth/namespace/save (${target})`, async () => {
	const apns_list = [{ name: "a", apns_topic: "t", token_key: "SECRET" }];
	assert.deepEqual(await owner.post("/api/auth/namespace/save", { key: OTHER, apns_list }), {});
	const text = (await owner.send("GET", "/api/auth/namespace")).text;
	const settings = JSON.parse(text);
	assert.equal(settings.key, KEY);
	assert.equal(settings.callback_auth, null);
	assert.equal(settings.apns_list[0].apns_topic, "t");
	assert.equal(settings.apns_list[0].token_key_set, true);
	assert.doesNotMatch(text, /SECRET|pbkdf2/);
	assert.equal((await other.get("/api/auth/namespace")).apns_list, null);
});

test(`POST /api/admin/namespace/save, GET /api/admin/namespace/list (${target})`, async () => {
	const path = "/api/admin/namespace/save";
	await admin.post(path, { key: "saved", name: "Saved", offline: "on" });
	const { list, total } = await admin.get("/api/admin/namespace/list?key=saved&online=true");
	assert.equal(total, 1);
	assert.deepEqual([list[0].key, list[0].offline, list[0].clientCount], ["/saved", "off", 0]);
	await refused(admin, "POST", path, {}, 400, "key is null");
	await refused(admin, "POST", path, { key: "a b" }, 400, "namespace invalid");
});

test(`GET /api/auth/namespace/current-message-stat (${target})`, async () => {
	const rest = await stack.namespace("/counted");
	const path = "/api/auth/namespace/current-message-stat";
	// a minute, an hour or a day may end between these: only then a second try
	await until("two are counted in each", async () => {
		await rest.push("r", {});
		await rest.push("r", {});
		const stat = await rest.get(path);
		assert.deepEqual(Object.keys(stat), ["currMinuteMessageCount", "currHourMessageCount",
			"currDateMessageCount"]);
		return Object.values(stat).every((n) => n >= 2 && n % 2 === 0);
	});
	assert.equal((await (await stack.namespace("/uncounted")).get(path)).currDateMessageCount, 0);
});

// A namespace with a client, a push and a record; taken offline.
const filled = async (key) => {
	const rest = await stack.namespace(key);
	const client = await connect("kim", "ios", ["r"], key);
	await rest.push("r", { n: 1 });
	await until("kim gets it", () => client.pushes.length === 1);
	await rest.send("POST", "/api/auth/client", { id: client.id, mobile: "1" });
	return { rest, client };
};

for (const [method, written] of [["GET", "clear-get"], ["POST", "%2Fclear-post"]]) {
	test(`${method} /api/admin/namespace/clear/:key (${target})`, async () => {
		const key = `/${written.replace("%2F", "")}`;
		const path = `/api/admin/namespace/clear/${written}`;
		const { rest, client } = await filled(key);
		await refused(admin, method, path, undefined, 400, "namespace must be set offline on");
		await goOffline(key);
		assert.deepEqual(await admin.call(method, path), {});
		assert.deepEqual(await rest.get("/api/auth/report/push"), []);
		assert.equal((await rest.get("/api/auth/namespace")).key, key);
		await until("kim is sent away", () => client.lost.length === 1, 10_000);
		await until("only the settings are left", async () => (await keysOf(key)).length === 1);
	});
}

for (const [method, written] of [["GET", "%2Fflush-get"], ["POST", "flush-post"]]) {
	test(`${method} /api/admin/namespace/flush/:key (${target})`, async () => {
		const key = `/${written.replace("%2F", "")}`;
		const path = `/api/admin/namespace/flush/${written}`;
		const { rest, client } = await filled(key);
		await refused(admin, method, path, undefined, 400, "namespace must be set offline on");
		await goOffline(key);
		assert.deepEqual(await admin.call(method, path), {});
		assert.deepEqual(await keysOf(key), []);
		// what a client says that is still connected leaves nothing
		if (client.lost.length === 0)
			client.socket.emit("joinRoom", "late");
		await until("kim is sent away", () => client.lost.length === 1, 10_000);
		assert.deepEqual(await keysOf(key), []);
		await refused(rest, "POST", "/api/auth/login", {}, 400, "namespace not found");
		assert.equal((await admin.get(`/api/admin/namespace/list?key=${key}`)).total, 0);
		await refused(admin, method, path, undefined, 400, "namespace must be set offline on");
	});
}

test(`POST /api/admin/namespace/clear-realtime-data (${target})`, async () => {
	const path = "/api/admin/namespace/clear-realtime-data";
	const { rest, client } = await filled("/realtime");
	await refused(admin, "POST", path, {}, 400, "can not find key");
	await refused(admin, "POST", path, { namespace: "/realtime" }, 400,
		"namespace must be set offline on");
	await goOffline("/realtime");
	assert.deepEqual(await admin.post(path, { namespace: "/realtime" }), {});
	assert.deepEqual(await rest.get("/api/auth/report/online"),
		{ roomCount: 0, userCount: 0, clientCount: 0, totalClientCount: 1 });
	assert.equal((await rest.get("/api/auth/report/push")).length, 1);
	await until("kim is sent away", () => client.lost.length === 1, 10_000);
});

test(`POST /api/admin/clear-legacy-client (${target})`, async () => {
	const path = "/api/admin/clear-legacy-client";
	const { rest, client } = await filled("/legacy");
	const long = "/legacy#old#web-1";
	await stack.redis("ZADD", "lp:{/legacy}:ever", "1700000000000", long);
	await stack.redis("ZADD", "lp:{/legacy}:room:r:ever:web", "1700000000000", long);
	await rest.send("POST", "/api/auth/client", { id: long, mobile: "1" });
	await refused(admin, "POST", path, {}, 400, "can not find key");
	await refused(admin, "POST", path, { namespace: "/legacy" }, 400,
		"namespace must be set offline on");
	await goOffline("/legacy");
	assert.deepEqual(await admin.post(path, { namespace: "/legacy" }), [long]);
	assert.deepEqual(await rest.post("/api/auth/client", { id: long }), {});
	assert.equal((await rest.post("/api/auth/client", { id: client.id })).mobile, "1");
	assert.equal((await rest.online("r")).totalClientCount, 1);
});
