// Push providers through the whole stack: from the token that a client registers and the API's push
// to stand-ins of APNs, FCM and a browser's push service, with every answer they may give.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { execFile } from "node:child_process";

import { Client } from "./lib/client.mjs";
import { samples } from "./lib/metrics.mjs";
import { makeCertificate, makeCredentials, Providers } from "./lib/providers.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/every";

let dir;
let providers;
let stack;
let owner;

before(async () => {
	dir = mkdtempSync(path.join(tmpdir(), "fcm-webpush-"));
	providers = await new Providers(makeCredentials(dir)).listen();
	stack = await startStack({
		connectors: 1,
		set: {
			redis_timeout: "5s", worker_message_timeout: "300ms", provider_timeout: "5s", ...providers.settings,
		},
	});
	owner = await stack.namespace(NAMESPACE);
	const { apns, fcm, webpush } = providers.entries;
	await owner.post("/api/auth/namespace/save", { push_providers: [{ ...apns, type: "apns" }, fcm, webpush] });
});

after(async () => {
	await stack?.stop();
	await providers?.close();
	rmSync(dir, { recursive: true });
});

const idOf = (uuid, platform, userid = uuid, namespace = NAMESPACE) =>
	`${namespace}#${userid}#${platform}-${uuid}`;
const hex = () => randomBytes(32).toString("hex");

async function connect(uuid, platform, { userid = uuid, namespace = NAMESPACE } = {}) {
	const client = new Client(stack.connector(1),
		{ version: "4.8.4", namespace, identity: { uuid, userid, platform } });
	await client.connected();
	return client;
}

// Registers the tokens, { "" or the provider's name: token }, is in the room and goes; returns its id.
async function away(uuid, platform, tokens, { room = uuid, ...who } = {}) {
	const client = await connect(uuid, platform, who);
	for (const [push_provider, device_token] of Object.entries(tokens)) {
		const fields = push_provider ? { push_provider, device_token } : { device_token };
		assert.deepEqual(await client.call("info", fields), { status: 200, msg: "ok" });
	}
	await client.join(room);
	client.close();
	const id = idOf(uuid, platform, who.userid, who.namespace);
	await until(`${uuid} is offline`, async () =>
		await stack.redis("HEXISTS", `lp:{${who.namespace ?? NAMESPACE}}:clients`, id) === 0, 10_000);
	return id;
}

const PUSH = { text: "hi", apsData: { alert: "hello" } };
const push = (room, more, from = owner) => from.push(room, PUSH, { leaveMessage: true, ...more });
const timeline = async (id, client, from = owner) =>
	(await from.get(`/api/auth/report/push/${id}/timeline?client=${encodeURIComponent(client)}`)).list;
const words = (list) => list.map(({ event }) => event);
// The timeline when it has come to that word.
const ends = (id, client, word, from = owner) => until(`${word} for ${client}`, async () => {
	const list = await timeline(id, client, from);
	return list.at(-1)?.event === word && list;
}, 30_000);
const record = (id) => owner.get(`/api/auth/report/push/${id}`);
const tokensOf = async (id) => Object.fromEntries(
	Object.entries(await owner.post("/api/auth/client", { id })).filter(([name]) => name.startsWith("device_token")));

async function counter(type, result) {
	const text = await (await fetch(`${stack.probe("worker-1")}/metrics`)).text();
	return samples(text).get(`light_push_provider_results_total{type="${type}",result="${result}"}`);
}

const subscription = (name) => providers.browser(name).subscription;

// How each type of provider says it, in a token's field, and the platform of its devices.
const kinds = {
	apns: {
		platform: "ios", provider: "", entry: "default", token: hex, key: (token) => token,
		said: { 400: "BadTopic", 403: "InvalidProviderToken", 410: "Unregistered", 429: "TooManyRequests",
			500: "InternalServerError" },
	},
	fcm: {
		platform: "android", provider: "google", entry: "google", key: (token) => token,
		token: () => `f:${hex()}`,
		said: { 400: "INVALID_ARGUMENT", 403: "SENDER_ID_MISMATCH", 410: "status 410", 429: "QUOTA_EXCEEDED",
			500: "INTERNAL" },
	},
	webpush: {
		platform: "web", provider: "web", entry: "web", token: () => subscription(hex()),
		key: ({ endpoint }) => endpoint.split("/").at(-1),
		said: { 400: "status 400", 403: "status 403", 410: "status 410", 429: "status 429", 500: "status 500" },
	},
};

// What is answered, in turn; how it ends, and what the first answer is in the timeline.
const answers = [
	["200", [{}], ["delivered"], { apns: /^200$/, fcm: /^200$/, webpush: /^201$/ }],
	["400", [{ status: 400 }], ["refused"]],
	["403", [{ status: 403 }], ["refused"]],
	["410", [{ status: 410 }], { apns: ["gone"], fcm: ["refused"], webpush: ["gone"] }],
	["404", [{ status: 404, reason: "UNREGISTERED" }], { apns: ["refused"], fcm: ["gone"], webpush: ["gone"] },
		/^404 (UNREGISTERED|status 404)$/],
	["429", [{ status: 429, retryAfter: 1 }, {}], ["retry", "delivered"]],
	["500", [{ status: 500, retryAfter: 1 }, {}], ["retry", "delivered"]],
	["goaway", [{ goaway: true }, {}], ["delivered"], /^20[01]$/],
	["reset", [{ reset: true }, {}], ["retry", "delivered"], /^0 the request was reset/],
	["hang", [{ hang: true }, {}], ["retry", "delivered"], /^0 timed out/],
];

// One after the other, so that none meets the pause that another has brought about.
async function everyAnswer(type) {
	const { platform, provider, entry, token: make, key, said } = kinds[type];
	for (const [name, script, how, saying] of answers) {
		const token = make();
		const reason = said[name];
		providers.script(key(token), ...script.map((answer) =>
			(answer.status && !answer.reason && !/^status/.test(reason) ? { ...answer, reason } : answer)));
		const uuid = `${type}-${name}`;
		const client = await away(uuid, platform, { [provider]: token });
		const expected = Array.isArray(how) ? how : how[type];
		const before = {};
		for (const word of expected)
			before[word] = await counter(type, word);
		const { id } = await push(uuid);
		const list = await ends(id, client, expected.at(-1));
		const first = platform === "android" ? ["accepted", "stored"] : ["accepted"];
		assert.deepEqual(words(list), [...first, ...expected.flatMap((word) => ["sending", word])], uuid);
		const told = list.find(({ event }) => event === expected[0]);
		assert.equal(told.provider, entry, uuid);
		assert.match(told.answer, saying?.[type] ?? saying ?? new RegExp(`^${name} ${reason}$`), uuid);
		for (const word of expected)
			assert.equal(await counter(type, word), before[word] + 1, `${uuid}: ${word}`);
		const good = expected.at(-1) === "delivered" ? "1" : "0";
		const { result, [`${type}Count`]: count, [`${type}SuccessCount`]: success } = await record(id);
		assert.deepEqual([result, count, success], [`${type} ${good}/1`, "1", good], uuid);
		const left = await tokensOf(client);
		assert.equal(Object.keys(left).length, expected.at(-1) === "gone" ? 0 : 1, uuid);
	}
}

test("every answer of every provider ends as it should, with its counter and its timeline", async () => {
	await Promise.all(Object.keys(kinds).map(everyAnswer));
	assert.equal(providers.requests("token").length, 1, "one access token for all");
	assert.deepEqual(providers.problems, []);
});

test("Web Push: the browser can read it, and knows who has sent it", async () => {
	const own = subscription("reads");
	await away("reads", "web", { web: own });
	const { id } = await push("reads");
	const [{ headers, payload }] = await until("the message", () =>
		providers.requests("reads").length && providers.requests("reads"), 10_000);
	assert.deepEqual(JSON.parse(payload),
		{ id: `${id}`, room: "reads", namespace: NAMESPACE, body: "hello", pushData: { text: "hi" } });
	assert.match(headers.authorization, /^vapid t=/); // the stand-in has verified it with jose
	assert.ok(Number(headers.ttl) <= 3600 && Number(headers.ttl) > 3500, headers.ttl);
	assert.deepEqual(providers.problems, []);
});

test("a token is given by the business system, too, and taken away", async () => {
	const client = await away("given", "web", {});
	const token = subscription("given");
	const save = (fields) => owner.send("POST", "/api/auth/client", { id: client, push_provider: "web", ...fields });
	assert.equal((await save({ device_token: token })).status, 204);
	await ends((await push("given")).id, client, "delivered");
	assert.deepEqual(await tokensOf(client), { "device_token:web": JSON.stringify(token) });
	assert.equal((await save({ device_token: "" })).status, 204);
	const { id } = await push("given");
	await worked();
	assert.deepEqual(words(await timeline(id, client)), ["accepted"]);
});

const worked = () => until("nothing is under way", async () => await stack.queued("offline") === 0);

test("several providers: the next one when one has refused, and only the token that is gone is forgotten", async () => {
	const tokens = { "": hex(), google: `f:${hex()}`, web: subscription("chain") };
	providers.script(tokens[""], { status: 403, reason: "Forbidden" });
	providers.script(tokens.google, { status: 404, reason: "UNREGISTERED" });
	const client = await away("chain", "ios", tokens);
	const first = await push("chain");
	const list = await ends(first.id, client, "delivered");
	assert.deepEqual(list.map(({ event, provider }) => (provider ? `${event} ${provider}` : event)), [
		"accepted", "sending", "refused default", "next", "sending", "gone google", "next", "sending", "delivered web",
	]);
	assert.equal((await record(first.id)).result, "apns 0/1, fcm 0/1, webpush 1/1");
	assert.deepEqual(Object.keys(await tokensOf(client)).sort(), ["device_token", "device_token:web"]);
	assert.equal(providers.requests("chain").length, 1);

	providers.script(tokens[""], {});
	const second = await push("chain");
	await ends(second.id, client, "delivered");
	assert.equal(providers.requests("chain").length, 1, "the first took it");
	assert.equal((await record(second.id)).result, "apns 1/1");
});

test("an entry has two tokens of a device: the other is tried when one is gone", async () => {
	const tokens = { "": hex(), default: hex(), google: `f:${hex()}` };
	for (const token of [tokens[""], tokens.default])
		providers.script(token, { status: 410, reason: "Unregistered" });
	const client = await away("two", "ios", tokens);
	const { id } = await push("two");
	const list = await ends(id, client, "delivered");
	assert.deepEqual(list.map(({ event, provider }) => (provider ? `${event} ${provider}` : event)), [
		"accepted", "sending", "gone default", "next", "sending", "gone default", "next", "sending",
		"delivered google",
	]);
	assert.deepEqual(Object.keys(await tokensOf(client)), ["device_token:google"]);
});

test("a token that the device has changed meanwhile is not forgotten", async () => {
	let answer;
	const token = `f:${hex()}`;
	providers.script(token, { status: 404, reason: "UNREGISTERED", after: new Promise((resolve) => { answer = resolve; }) });
	const client = await away("changed", "android", { google: token });
	const { id } = await push("changed");
	await until("it is asked", () => providers.requests(token).length, 10_000);
	await owner.send("POST", "/api/auth/client", { id: client, push_provider: "google", device_token: "new" });
	answer();
	await ends(id, client, "gone");
	assert.deepEqual(await tokensOf(client), { "device_token:google": "new" });
});

test("no token of an entry that is not there, and none of another namespace's entry", async () => {
	const other = await stack.namespace("/none");
	const token = `f:${hex()}`;
	const client = await away("lost", "android", { google: token, other: "x" }, { namespace: "/none" });
	const { id } = await push("lost", {}, other);
	const list = await ends(id, client, "refused", other);
	assert.equal(list.at(-1).answer, "no provider for its tokens");
	assert.deepEqual(providers.requests(token), []);
});

test("an acknowledgement cancels what is still to be tried, on another device with cancel_on_ack", async () => {
	const tokens = {};
	const clients = {};
	// The answers wait until it is acknowledged.
	let answer;
	const gate = new Promise((resolve) => { answer = resolve; });
	for (const name of ["late", "pair"]) {
		tokens[name] = subscription(`ack-${name}`);
		providers.script(`ack-${name}`, { status: 429, retryAfter: 2, after: gate }, {});
		clients[name] = await away(name, "web", { web: tokens[name] }, { room: "acks", userid: name });
	}
	await away("pair-phone", "ios", {}, { room: "acks", userid: "pair" });
	const { id } = await push("acks", { cancel_on_ack: true });
	await until("both are asked for", () =>
		["late", "pair"].every((name) => providers.requests(`ack-${name}`).length === 1));
	const late = await connect("late", "web", { userid: "late" });
	late.socket.emit("ackPush", { id });
	const second = await connect("pair-phone", "ios", { userid: "pair" });
	second.socket.emit("ackPush", { id });
	await until("both acks", async () => (await record(id)).ackCount === "2");
	answer();
	for (const name of ["late", "pair"])
		await until(`a second try for ${name}`, async () => words(await timeline(id, clients[name])).includes("retry"));
	assert.equal((await ends(id, clients.late, "acked")).at(-1).event, "acked");
	await ends(id, clients.pair, "cancelled");
	await worked();
	for (const name of ["late", "pair"])
		assert.equal(providers.requests(`ack-${name}`).length, 1, name);
	late.close();
	second.close();
});

test("a service account that is refused: a reason in the timeline, and no storm of requests", async () => {
	const wrong = await stack.namespace("/wrong");
	const email = "gone@example-project.iam.gserviceaccount.com";
	providers.script(email, { status: 400, reason: "invalid_grant" });
	await wrong.post("/api/auth/namespace/save", { push_providers: [
		{ ...providers.entries.fcm, service_account: providers.serviceAccount({ client_email: email }) }] });
	const clients = [];
	for (let i = 0; i < 5; i++)
		clients.push(await away(`w${i}`, "android", { google: `f:${hex()}` }, { namespace: "/wrong", room: "all" }));
	const before = await counter("fcm", "refused");
	for (let n = 0; n < 3; n++) {
		const { id } = await push("all", {}, wrong);
		for (const client of clients) {
			const list = await ends(id, client, "refused", wrong);
			assert.equal(list.at(-1).answer, "0 no access token: invalid_grant");
		}
	}
	assert.equal(await counter("fcm", "refused"), before + 15);
	assert.equal(providers.requests("token").filter(({ account }) => account === email).length, 1);
	// Others go on.
	const client = await away("goes-on", "android", { google: `f:${hex()}` });
	await ends((await push("goes-on")).id, client, "delivered");
	assert.equal(providers.requests("token").length, 2);
});

test("certificates that can not be used are not saved; one that expires later says so", async () => {
	const certain = await stack.namespace("/certain");
	const save = (fields) => certain.send("POST", "/api/auth/namespace/save",
		{ push_providers: [{ name: "cert", type: "apns", apns_env: "production", apns_topic: "com.example.app", ...fields }] });
	const day = 24 * 3600_000;
	const make = (from, to) => makeCertificate(dir, new Date(Date.now() + from), new Date(Date.now() + to));
	const [good, old, early] = [make(-day, day), make(-2 * day, -day), make(day, 2 * day)];
	for (const [cert, key, field, why] of [
		[old.cert, old.key, "apns_production_cert", /expired/],
		[early.cert, early.key, "apns_production_cert", /not valid yet/],
		[good.cert, old.key, "apns_production_key", /belong/],
		[good.cert, "no key", "apns_production_key", /./],
		["no certificate", good.key, "apns_production_cert", /./],
	]) {
		const { status, json } = await save({ apns_production_cert: cert, apns_production_key: key });
		assert.deepEqual([status, json.error, json.field], [400, "push_providers_invalid", `push_providers[cert].${field}`]);
		assert.match(json.msg, why);
	}
	assert.equal((await certain.get("/api/auth/namespace")).push_providers, null);

	const short = make(-day, 15_000);
	assert.equal((await save({ apns_production_cert: short.cert, apns_production_key: short.key })).status, 200);
	const client = await away("short", "ios", { "": hex() }, { namespace: "/certain" });
	const outcome = async () => {
		const { id } = await push("short", { apnsName: "cert" }, certain);
		return until("the end", async () => {
			const last = (await timeline(id, client, certain)).at(-1);
			return ["delivered", "refused"].includes(last.event) && `${last.event} ${last.answer}`;
		}, 20_000);
	};
	assert.equal(await outcome(), "delivered 200");
	await until("it has expired", async () => await outcome() === "refused 0 the certificate has expired", 60_000);
	const { list } = JSON.parse(await ctl("--json", "doctor"));
	const found = list.filter(({ check }) => check === "certificate");
	assert.deepEqual(found.map(({ level, text }) => `${level} ${text}`),
		["error /certain, push provider cert has expired"]);
});

// What light-push-ctl writes, whatever its exit status.
const ctl = (...args) => new Promise((resolve) => {
	execFile(path.join(process.env.LP_BUILD ?? ".", "light-push-ctl"),
		["--config", path.join(stack.dir, "run", "light-push.conf"), ...args], (error, stdout) => resolve(stdout));
});

test("secrets are sealed at rest, and open after a change of the keys", async () => {
	const { tokenKey, accountKey, vapid } = providers.credentials;
	const stored = async () => JSON.parse(await stack.redis("HGET", `lp:{${NAMESPACE}}:conf`, "push_providers"));
	const pem = (text) => text.split("\n")[1];
	for (const key of await stack.keysOf(NAMESPACE)) {
		const text = JSON.stringify(await stack.redis("DUMP", key).catch(() => ""));
		for (const secret of [pem(tokenKey), pem(accountKey), vapid.privateKey])
			assert.ok(!text.includes(secret), key);
	}
	const fields = ["token_key", "service_account", "vapid_private_key"];
	(await stored()).forEach((entry, i) => assert.match(entry[fields[i]], /^enc:1:quickstart:/));
	const shown = JSON.stringify(await owner.get("/api/auth/namespace"));
	assert.doesNotMatch(shown, /enc:1|BEGIN/);

	const file = path.join(stack.dir, "run", "light-push.conf");
	const [, old] = /^secret_keys = (.*)$/m.exec(readFileSync(file, "utf8"));
	const young = `young:${randomBytes(32).toString("base64")}`;
	const restart = async (keys) => {
		writeFileSync(file, readFileSync(file, "utf8").replace(/^secret_keys = .*$/m, `secret_keys = ${keys}`));
		for (const part of ["api", "admin-api", "worker-1"])
			await stack.restart(part);
	};
	const delivers = async () => {
		for (const [type, { platform, provider, token }] of Object.entries(kinds)) {
			const uuid = `keys-${hex().slice(0, 8)}`;
			const client = await away(uuid, platform, { [provider]: token() });
			const { id } = await push(uuid);
			await ends(id, client, "delivered");
			assert.equal((await record(id)).result, `${type} 1/1`);
		}
	};
	await restart(`${young},${old}`);
	await delivers();
	// Any save seals anew.
	await owner.post("/api/auth/namespace/save", { push_providers: [] });
	(await stored()).forEach((entry, i) => assert.match(entry[fields[i]], /^enc:1:young:/));
	await restart(young);
	await delivers();
	assert.deepEqual(providers.problems, []);
});
