// Every endpoint for the administrator, and the settings of a namespace, as docs/API.md says, through
// the web server.

import assert from "node:assert/strict";
import { after, before, describe } from "node:test";

import { connectClient } from "./lib/client.mjs";
import { row, socketRow } from "./lib/contract.mjs";
import { makeKey } from "./lib/providers.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const KEY = "/managed";
const OTHER = "/managed-too"; // begins alike

let stack;
let admin;
let owner;
let other;
const clients = [];

const connect = async (version, userid, platform, rooms, namespace) => {
	const client = await connectClient(stack.socket(clients.length),
		{ version, namespace, identity: { uuid: `of-${userid}`, userid, platform } });
	clients.push(client);
	client.id = `${namespace}#${userid}#${platform}-of-${userid}`;
	for (const room of rooms)
		await client.join(room);
	return client;
};

const goOffline = (key) => admin.post("/api/admin/namespace/save", { key, offline: "on" });

// A namespace with a client, a push and a record.
const filled = async (key, version) => {
	const rest = await stack.namespace(key);
	const client = await connect(version, "kim", "ios", ["r"], key);
	await rest.push("r", { n: 1 });
	await until("kim gets it", () => client.pushes.length === 1);
	await rest.send("POST", "/api/auth/client", { id: client.id, mobile: "1" });
	return { rest, client };
};

const sentAway = (client) => until(`${client.name} is sent away`, () => client.lost.length === 1, 15_000);

before(async () => {
	stack = await startStack({ connectors: 3 });
	admin = stack.admin;
	owner = await stack.namespace(KEY);
	other = await stack.namespace(OTHER);
});

after(async () => {
	for (const client of clients)
		client.close();
	await stack?.stop();
});

row("POST /api/admin/login", "{}", async () => {
	assert.deepEqual(await admin.post("/api/admin/login", {}), {});
});

row("GET /api/auth/namespace", "all settings, no secret", async () => {
	const key = "/shown";
	const rest = await stack.namespace(key);
	const fields = ["key", "name", "connect_callback", "disconnect_callback", "apns_list", "update_date",
		"client_ip", "callback_auth", "offline"];
	const settings = await rest.get("/api/auth/namespace");
	for (const name of fields)
		assert.ok(name in settings, name);
	assert.deepEqual([settings.key, settings.name, settings.offline], [key, key, "off"]);
	for (const name of ["connect_callback", "disconnect_callback", "apns_list", "callback_auth"])
		assert.equal(settings[name], null, name);
	assert.equal(settings.auth_passwd, undefined);
	assert.equal(settings.auth_passwd_set, true);
});

row("POST /api/auth/namespace/save", "the caller's own, whatever key it names", async () => {
	const url = "http://127.0.0.1:9/x";
	const given = { key: OTHER, name: "mine", connect_callback: url, callback_auth: "A", unknown: "z" };
	const saved = await owner.send("POST", "/api/auth/namespace/save", given, { described: false });
	assert.deepEqual([saved.status, saved.json], [200, {}]);
	const mine = await owner.get("/api/auth/namespace");
	assert.deepEqual([mine.key, mine.name, mine.connect_callback], [KEY, "mine", url]);
	assert.equal((await other.get("/api/auth/namespace")).name, OTHER);
	// what is not given stays, what is empty goes
	await owner.post("/api/auth/namespace/save", { connect_callback: "" });
	const now = await owner.get("/api/auth/namespace");
	assert.deepEqual([now.name, now.connect_callback], ["mine", null]);
	await owner.post("/api/auth/namespace/save", { auth_passwd: "another" });
	await owner.refused("POST", "/api/auth/login", {}, 401, "passwd error");
	const again = stack.rest(KEY, "another");
	await again.post("/api/auth/namespace/save", { auth_passwd: `password of ${KEY}` });
	assert.deepEqual(await owner.post("/api/auth/login", {}), {});
});

row("apns_list", "is merged by name", async () => {
	const rest = await stack.namespace("/apns");
	const save = (apns_list) => rest.post("/api/auth/namespace/save", { apns_list });
	const list = async () => (await rest.get("/api/auth/namespace")).apns_list;
	await save([{ name: "a", apns_topic: "t", token_key: makeKey(), apns_env: "dev" }, { name: "b" }]);
	const [a, b] = await list();
	assert.deepEqual([a.name, a.apns_topic, a.apns_env, b.name], ["a", "t", "dev", "b"]);
	assert.deepEqual([a.token_key, a.token_key_set, b.token_key_set], [undefined, true, false]);
	await save([{ name: "a", apns_env: "production", token_keyId: "k", token_teamId: "m" },
		{ name: "b", del: true }, { name: "c", apns_expiration: 7 }]);
	const now = await list();
	assert.deepEqual(now.map(({ name }) => name), ["a", "c"]);
	assert.deepEqual([now[0].apns_topic, now[0].apns_env, now[0].token_keyId, now[0].token_key_set],
		["t", "production", "k", true]);
	assert.equal(`${now[1].apns_expiration}`, "7");
});

row("POST /api/admin/namespace/save", "makes and changes one", async () => {
	const path = "/api/admin/namespace/save";
	await admin.post(path, { key: "saved", name: "Saved", offline: "on" }); // without its slash
	const shown = async () => (await admin.get("/api/admin/namespace/list?key=saved")).list[0];
	const { key, name, offline } = await shown();
	assert.deepEqual([key, name, offline], ["/saved", "Saved", "off"]); // new: never offline
	await admin.post(path, { key: "/saved", offline: "on", disconnect_callback: "http://127.0.0.1:9/" });
	const now = await shown();
	assert.deepEqual([now.name, now.offline, now.disconnect_callback], ["Saved", "on", "http://127.0.0.1:9/"]);
	await admin.refused("POST", path, {}, 400, "key is null");
	for (const key of ["a b", "/ü", `/${"n".repeat(50)}`])
		await admin.refused("POST", path, { key }, 400, "namespace invalid");
	assert.deepEqual(await admin.post(path, { key: `/${"n".repeat(49)}` }), {});
});

row("GET /api/admin/namespace/list", "pages, filters, counters", async () => {
	for (const n of [3, 1, 2])
		await admin.post("/api/admin/namespace/save", { key: `/list-${n}`, name: `Number ${n}` });
	await goOffline("/list-2");
	const list = async (query) => {
		const { list, total } = await admin.get(`/api/admin/namespace/list?${query}`);
		return [total, list.map(({ key }) => key)];
	};
	const all = ["/list-1", "/list-2", "/list-3"];
	assert.deepEqual(await list("key=list-"), [3, all]);
	assert.deepEqual(await list("key=list-&offline=all"), [3, all]);
	assert.deepEqual(await list("key=list-&offline=on"), [1, ["/list-2"]]);
	assert.deepEqual(await list("key=list-&offline=off"), [2, ["/list-1", "/list-3"]]);
	assert.deepEqual(await list("name=Number%203"), [1, ["/list-3"]]);
	assert.deepEqual(await list("key=list-&page=2&pageSize=2"), [3, ["/list-3"]]);
	const { list: [one] } = await admin.get("/api/admin/namespace/list?key=list-1&online=true");
	assert.deepEqual([one.roomCount, one.userCount, one.clientCount, one.totalClientCount], [0, 0, 0, 0]);
	assert.deepEqual([one.auth_passwd, one.auth_passwd_set], [undefined, false]);
});

socketRow("GET /api/admin/report/online", "of one namespace and of all", async ({ version, own }) => {
	const key = `/${own("seen")}`;
	await stack.namespace(key);
	const before = await admin.get("/api/admin/report/online");
	assert.deepEqual(Object.keys(before).sort(), ["clientCount", "roomCount", "userCount"]);
	const client = await connect(version, "pia", "web", ["seen"], key);
	const path = `/api/admin/report/online?namespace=${key}`;
	assert.deepEqual(await admin.get(path),
		{ roomCount: 1, userCount: 1, clientCount: 1, totalClientCount: 1 });
	const [room] = await admin.get(`${path}&room=seen&detail=1`);
	assert.deepEqual([room.name, room.client, room.user], ["seen", [client.id], ["pia"]]);
	const { clientCount, roomCount, userCount } = await admin.get("/api/admin/report/online");
	assert.ok(clientCount > 0 && roomCount > 0 && userCount > 0);
});

// A namespace takes some seconds to send its clients away.
describe("at once", { concurrency: true }, () => {
	for (const [name, written] of [
		["GET /api/admin/namespace/clear/:key", "clear-get"],
		["POST /api/admin/namespace/clear/:key", "%2Fclear-post"],
	]) {
		socketRow(name, "all but the settings", async ({ version, own }) => {
			const method = name.split(" ")[0];
			const path = `/api/admin/namespace/clear/${own(written)}`;
			const key = `/${own(written).replace("%2F", "")}`;
			const { rest, client } = await filled(key, version);
			await admin.refused(method, path, undefined, 400, "namespace must be set offline on");
			await goOffline(key);
			assert.deepEqual(await admin.call(method, path), {});
			assert.deepEqual(await rest.get("/api/auth/report/push"), []);
			assert.equal((await rest.get("/api/auth/namespace")).key, key);
			await sentAway(client);
			await until("only the settings are left", async () => (await stack.keysOf(key)).length === 1);
		});
	}

	for (const [name, written] of [
		["GET /api/admin/namespace/flush/:key", "%2Fflush-get"],
		["POST /api/admin/namespace/flush/:key", "flush-post"],
	]) {
		socketRow(name, "nothing is left", async ({ version, own }) => {
			const method = name.split(" ")[0];
			const path = `/api/admin/namespace/flush/${own(written)}`;
			const key = `/${own(written).replace("%2F", "")}`;
			const { rest, client } = await filled(key, version);
			await admin.refused(method, path, undefined, 400, "namespace must be set offline on");
			await goOffline(key);
			assert.deepEqual(await admin.call(method, path), {});
			assert.deepEqual(await stack.keysOf(key), []);
			// what a client says that is still connected leaves nothing
			if (client.lost.length === 0)
				client.socket.emit("joinRoom", "late");
			await sentAway(client);
			assert.deepEqual(await stack.keysOf(key), []);
			await rest.refused("POST", "/api/auth/login", {}, 400, "namespace not found");
			assert.equal((await admin.get(`/api/admin/namespace/list?key=${key}`)).total, 0);
			await admin.refused(method, path, undefined, 400, "namespace must be set offline on");
		});
	}

	row("GET /api/admin/namespace/list", "a flush that broke off is seen, and can be asked for again", async () => {
		const key = "/broke-off";
		const listed = async (offline) => (await admin.get(`/api/admin/namespace/list?key=${key}&offline=${offline}`)).list;
		await stack.namespace(key);
		await stack.redis("DEL", `lp:{${key}}:conf`); // as a process leaves it that dies then
		for (const offline of ["all", "on"])
			assert.deepEqual((await listed(offline)).map((one) => [one.key, one.name, one.offline]), [[key, null, "on"]]);
		assert.deepEqual(await listed("off"), []);
		assert.deepEqual(await admin.call("POST", `/api/admin/namespace/flush${key}`), {});
		assert.deepEqual(await listed("all"), []);
	});

	socketRow("POST /api/admin/namespace/clear-realtime-data", "who is online is forgotten", async ({ version, own }) => {
		const path = "/api/admin/namespace/clear-realtime-data";
		const key = `/${own("realtime")}`;
		const { rest, client } = await filled(key, version);
		await admin.refused("POST", path, {}, 400, "can not find key");
		await admin.refused("POST", path, { namespace: key }, 400, "namespace must be set offline on");
		await goOffline(key);
		assert.deepEqual(await admin.post(path, { namespace: key }), {});
		assert.deepEqual(await rest.get("/api/auth/report/online"),
			{ roomCount: 0, userCount: 0, clientCount: 0, totalClientCount: 1 });
		assert.equal((await rest.get("/api/auth/report/push")).length, 1);
		await sentAway(client);
	});

	socketRow("POST /api/admin/clear-legacy-client", "who was not here for long", async ({ version, own }) => {
		const path = "/api/admin/clear-legacy-client";
		const key = `/${own("legacy")}`;
		const { rest, client } = await filled(key, version);
		const hour = 3_600_000;
		const long = [`${key}#old#web-1`, `${Date.now() - 241 * hour}`];
		const late = [`${key}#late#web-1`, `${Date.now() - 239 * hour}`];
		for (const [id, when] of [long, late]) {
			await stack.redis("ZADD", `lp:{${key}}:ever`, when, id);
			await stack.redis("ZADD", `lp:{${key}}:room:r:ever:web`, when, id);
			await rest.send("POST", "/api/auth/client", { id, mobile: "1" });
		}
		await admin.refused("POST", path, {}, 400, "can not find key");
		await admin.refused("POST", path, { namespace: key }, 400, "namespace must be set offline on");
		await goOffline(key);
		assert.deepEqual(await admin.post(path, { namespace: key }), [long[0]]);
		assert.deepEqual(await rest.post("/api/auth/client", { id: long[0] }), {});
		for (const id of [late[0], client.id])
			assert.equal((await rest.post("/api/auth/client", { id })).mobile, "1");
		assert.equal((await rest.online("r")).totalClientCount, 2);
	});

	socketRow("offline namespace", "refuses new clients and sends away those connected", async ({ version, other: old, own }) => {
		const key = `/${own("closing")}`;
		const rest = await stack.namespace(key);
		const all = [await connect(version, "a", "web", ["r"], key), await connect(old, "b", "ios", ["r"], key),
			await connect(version, "c", "android", ["r"], key)];
		await goOffline(key);
		await assert.rejects(connect(version, "d", "web", [], key), /this namespace offline/);
		for (const client of all)
			await sentAway(client); // within 5000 + 100 * 3 ms
		await until("nobody is online", async () =>
			(await rest.get("/api/auth/report/online")).clientCount === 0, 10_000);
		await admin.post("/api/admin/namespace/save", { key, offline: "off" });
		await until("it is open again", () => connect(version, "a", "web", [], key).then(() => true), 10_000);
	});
});
