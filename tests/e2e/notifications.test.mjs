// Offline delivery through push providers, from the push to a stand-in of APNs, FCM and a browser's
// push service. LP_KILLS and LP_DEVICES: how often the worker is killed, with how many devices.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { Client } from "./lib/client.mjs";
import { row } from "./lib/contract.mjs";
import { makeCredentials, Providers } from "./lib/providers.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/notify";
const KILLS = Number(process.env.LP_KILLS ?? 5);
const DEVICES = Number(process.env.LP_DEVICES ?? 100);

let dir;
let providers;
let stack;
let owner;

before(async () => {
	dir = mkdtempSync(path.join(tmpdir(), "notifications-"));
	providers = await new Providers(makeCredentials(dir)).listen();
	stack = await startStack({
		connectors: 2,
		set: { redis_timeout: "5s", worker_message_timeout: "300ms", ...providers.settings },
	});
	owner = await stack.namespace(NAMESPACE);
	const { apns, certificate } = providers.entries;
	await owner.post("/api/auth/namespace/save", { apns_list: [apns, certificate] });
});

after(async () => {
	await stack?.stop();
	await providers?.close();
	rmSync(dir, { recursive: true });
});

const idOf = (uuid, platform = "ios") => `${NAMESPACE}#${uuid}#${platform}-${uuid}`;
let last = 0;
const newToken = () => (++last).toString(16).padStart(64, "0");

// Was there, in the rooms, with these fields in its record, and went.
async function once(uuid, rooms, fields = {}, platform = "ios") {
	const client = new Client(stack.connector(1 + (last % 2)),
		{ version: "4.8.4", namespace: NAMESPACE, identity: { uuid, platform } });
	await client.connected();
	if (Object.keys(fields).length > 0)
		assert.equal((await client.call("info", fields)).status, 200);
	for (const room of rooms)
		await client.join(room);
	client.close();
	await until(`${uuid} is offline`, async () =>
		await stack.redis("HEXISTS", `lp:{${NAMESPACE}}:clients`, idOf(uuid, platform)) === 0, 10_000);
}

// An iOS device in a room of its own that is away; returns its token.
async function phone(name, fields = {}) {
	const token = newToken();
	await once(name, [name], { device_token: token, ...fields });
	return token;
}

const push = (room, more) =>
	owner.push(room, { text: "hi", apsData: { alert: "hello" } }, { leaveMessage: true, ...more });
const record = (id) => owner.get(`/api/auth/report/push/${id}`);
const timeline = async (id, client) =>
	(await owner.get(`/api/auth/report/push/${id}/timeline?client=${encodeURIComponent(client)}`)).list;
const words = async (id, uuid) => (await timeline(id, idOf(uuid))).map(({ event }) => event);
const ends = (id, uuid, word) => until(`${word} for ${uuid}`,
	async () => (await words(id, uuid)).at(-1) === word, 20_000);
// So many devices have acknowledged it. A worker that was to look only after that stood still.
const acks = (id, count) => until(`${count} acks of ${id}`,
	async () => (await record(id)).ackCount === `${count}`);
// Nothing is under way or waits for its time.
const worked = () => until("nothing is under way", async () =>
	await stack.redis("XLEN", "lp:offline") === 0, 20_000);

row("offline delivery", "ios: APNs, counted", async () => {
	const token = await phone("plain");
	const { id } = await push("plain");
	await ends(id, "plain", "delivered");
	const [request] = providers.requests(token);
	assert.deepEqual(request.payload.aps, { alert: "hello" });
	assert.equal(request.by, "token");
	const { apnsCount, apnsSuccessCount, result } = await record(id);
	assert.deepEqual([apnsCount, apnsSuccessCount, result], ["1", "1", "apns 1/1"]);
	assert.deepEqual(await words(id, "plain"), ["accepted", "sending", "delivered"]);
	const [, , delivered] = await timeline(id, idOf("plain"));
	assert.equal(delivered.provider, "default");
	assert.equal(delivered.answer, "200");
});

row("offline delivery", "apnsName names the entry", async () => {
	const token = await phone("named");
	const { id } = await push("named", { apnsName: "certificate" });
	await ends(id, "named", "delivered");
	assert.match(providers.requests(token)[0].by, /com\.example\.app/);
});

row("offline delivery", "default alert", async () => {
	const token = await phone("bare");
	const { id } = await owner.push("bare", { text: "x" }, { leaveMessage: true });
	await ends(id, "bare", "delivered");
	assert.equal(providers.requests(token)[0].payload.aps.alert, "通知");
});

row("offline delivery", "who is left out", async () => {
	const muted = await phone("muted", { leaveMessage: false });
	const quiet = await phone("quiet");
	await owner.post("/api/auth/room-apns", { room: "quiet", add: ["quiet"] });
	const own = await phone("own-list");
	const back = new Client(stack.connector(1),
		{ version: "2.3.0", namespace: NAMESPACE, identity: { uuid: "own-list", platform: "ios" } });
	await back.connected();
	assert.equal((await back.call("apns", { add: ["own-list"] })).status, 200);
	back.close();
	const silent = await phone("silent");
	await owner.post("/api/auth/room-leave-message", { room: "silent", leaveMessage: false });
	const acked = newToken();
	const client = new Client(stack.connector(1),
		{ version: "2.3.0", namespace: NAMESPACE, identity: { uuid: "acked", platform: "ios" } });
	await client.connected();
	await client.call("info", { device_token: acked });
	await client.join("acked");
	client.onPush = ({ id }) => client.socket.emit("ackPush", { id });
	for (const room of ["muted", "quiet", "own-list", "silent"])
		await push(room);
	await stack.standing("worker-1", async () => acks((await push("acked")).id, 1));
	const none = await owner.push("plain", {}, { leaveMessage: false });
	await worked();
	client.close();
	for (const token of [muted, quiet, own, silent, acked])
		assert.deepEqual(providers.requests(token), []);
	assert.deepEqual(await words(none.id, "plain"), ["accepted"]);
});

row("offline delivery", "a token that is gone is forgotten", async () => {
	for (const [name, answer] of [
		["gone-410", { status: 410, reason: "Unregistered" }],
		["gone-400", { status: 400, reason: "BadDeviceToken" }],
		["gone-topic", { status: 400, reason: "DeviceTokenNotForTopic" }],
	]) {
		providers.script(await phone(name), answer);
		const { id } = await push(name);
		await ends(id, name, "gone");
		assert.equal((await owner.post("/api/auth/client", { id: idOf(name) })).device_token, undefined);
		assert.equal((await record(id)).result, "apns 0/1");
	}
});

test("an answer that is no is final, one that is not yet is asked for again", async () => {
	providers.script(await phone("refused"), { status: 403, reason: "Forbidden" });
	const busy = await phone("busy");
	providers.script(busy, { status: 429, reason: "TooManyRequests", retryAfter: 1 }, {});
	const away = await phone("away");
	providers.script(away, { status: 500, reason: "InternalServerError" }, { goaway: true }, {});
	const ids = {};
	for (const name of ["refused", "busy", "away"])
		ids[name] = (await push(name)).id;
	await ends(ids.refused, "refused", "refused");
	await ends(ids.busy, "busy", "delivered");
	await ends(ids.away, "away", "delivered");
	assert.deepEqual(await words(ids.busy, "busy"),
		["accepted", "sending", "retry", "sending", "delivered"]);
	assert.equal((await record(ids.refused)).result, "apns 0/1");
	assert.equal((await record(ids.away)).result, "apns 1/1");
});

test("a message that expires before the next try never comes", async () => {
	const token = await phone("late");
	providers.script(token, { status: 429, reason: "TooManyRequests", retryAfter: 3600 });
	const { id } = await push("late", { expire: 1 / 60 });
	await ends(id, "late", "expired");
	assert.equal(providers.requests(token).length, 1);
});

test("a poisoned entry goes to the list of dead messages and blocks nothing", async () => {
	const token = await phone("healthy");
	await phone("poisoned");
	const poisoned = await push("poisoned");
	await stack.redis("SET", `lp:{${NAMESPACE}}:offline:${poisoned.id}`, "no hash");
	await stack.redis("XADD", "lp:offline", "*", "n", NAMESPACE);
	const { id } = await push("healthy");
	await ends(id, "healthy", "delivered");
	const dead = await until("the list", async () => {
		const list = await stack.redis("LRANGE", `lp:{${NAMESPACE}}:dead-messages`, "0", "-1");
		return list.length > 0 && list.map((text) => JSON.parse(text));
	}, 10_000);
	assert.equal(dead[0].id, `${poisoned.id}`);
	assert.match(dead[0].reason, /WRONGTYPE/);
	await worked();
	assert.equal(providers.requests(token).length, 1);
});

test("cancel_on_ack: an acknowledgement on one device spares the user's others", async () => {
	const phones = {};
	for (const uuid of ["pair-a", "pair-b"]) {
		phones[uuid] = newToken();
		const client = new Client(stack.connector(1),
			{ version: "4.8.4", namespace: NAMESPACE, identity: { uuid, userid: "pair", platform: "ios" } });
		await client.connected();
		await client.call("info", { device_token: phones[uuid] });
		client.close();
	}
	const web = new Client(stack.connector(2),
		{ version: "4.8.4", namespace: NAMESPACE, identity: { uuid: "pair-web", userid: "pair" } });
	await web.connected();
	web.onPush = ({ id }) => web.socket.emit("ackPush", { id });
	await until("both are away", async () => (await owner.online("user_pair")).iosClientCount === 0);
	await stack.standing("worker-1", async () => acks((await push("user_pair", { cancel_on_ack: true })).id, 1));
	await worked();
	assert.deepEqual(providers.requests(phones["pair-a"]), []);
	await push("user_pair");
	await until("the other way", () => providers.requests(phones["pair-b"]).length === 1, 10_000);
	web.close();
});

test(`kill -9 of the worker ${KILLS} times: each of ${DEVICES} devices gets every message, none twice`, async () => {
	const tokens = [];
	const androids = [];
	for (let n = 0; n < DEVICES; n += 50) {
		await Promise.all(Array.from({ length: Math.min(50, DEVICES - n) }, async (_, i) => {
			const android = (n + i) % 2 === 1;
			const token = newToken();
			await once(`k${n + i}`, ["killed"], android ? {} : { device_token: token },
				android ? "android" : "ios");
			if (android)
				androids.push(`k${n + i}`);
			else
				tokens.push(token);
		}));
	}
	const ids = [];
	for (let n = 0; n < KILLS; n++) {
		ids.push((await push("killed")).id);
		await sleep(250 + Math.random() * 500);
		await stack.kill("worker-1");
		await stack.restart("worker-1");
	}
	const shownOn = (token) =>
		new Set(providers.requests(token).map(({ headers }) => headers["apns-collapse-id"])).size;
	await until("nothing is under way or to come", async () => await stack.queued("offline") === 0, 60_000 + 4000 * KILLS);
	for (const token of tokens)
		assert.equal(shownOn(token), ids.length, token);
	const all = tokens.flatMap((token) => providers.requests(token));
	// What a device shows: a second request of the same collapse id takes the place of the first.
	const shown = new Set(all.map(({ token, headers }) => `${token} ${headers["apns-collapse-id"]}`));
	assert.equal(shown.size, tokens.length * ids.length);
	console.log(`# ${all.length - shown.size} of ${all.length} requests were repeated under their collapse id`);
	for (let n = 0; n < androids.length; n += 50) {
		await Promise.all(androids.slice(n, n + 50).map(async (uuid) => {
			const client = new Client(stack.connector(1),
				{ version: "4.8.4", namespace: NAMESPACE, identity: { uuid, platform: "android" } });
			const got = [];
			client.socket.on("offlineMessage", (list) => got.push(...list.map(({ id }) => Number(id))));
			await client.connected();
			assert.deepEqual(got.sort((a, b) => a - b), ids, uuid);
			client.close();
		}));
	}
	assert.deepEqual(providers.problems, []);
});
