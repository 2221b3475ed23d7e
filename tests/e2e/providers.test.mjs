// The worker's push providers against stand-ins of APNs, FCM and a browser's push service.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import readline from "node:readline";
import { after, before, test } from "node:test";
import tls from "node:tls";

import { makeCredentials, Providers } from "./lib/providers.mjs";
import { until, within } from "./lib/wait.mjs";

const program = path.join(process.env.LP_BUILD ?? ".", "tests/e2e/provider-send");
const APS = { apsData: { alert: "hello", badge: 1 }, text: "hi" };

let dir;
let credentials;
let providers;
const senders = [];

before(async () => {
	dir = mkdtempSync(path.join(tmpdir(), "providers-"));
	credentials = makeCredentials(dir);
});

after(async () => {
	for (const sender of senders)
		await sender.end();
	await providers?.close();
	rmSync(dir, { recursive: true });
});

// A program that sends, with the results it told.
class Sender {
	constructor(settings) {
		const args = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
		this.child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
		this.results = [];
		this.errors = "";
		this.child.stderr.on("data", (text) => { this.errors += text; });
		readline.createInterface(this.child.stdout).on("line", (line) => {
			if (line.startsWith("{"))
				this.results.push(JSON.parse(line));
		});
		this.ended = new Promise((resolve) => this.child.on("close", resolve));
		senders.push(this);
	}

	command(entry, { tokens, ...more }) {
		const { name } = entry;
		const field = entry.type ? "push_providers" : "apns_list";
		const devices = tokens?.map((token, i) => ({ client: `/demo#u#${name}-${i}`, token }));
		const line = {
			nsp: "/demo", id: "17", room: "r", pushData: APS, entry: name, [field]: [entry], devices, ...more,
		};
		this.child.stdin.write(`${JSON.stringify(line)}\n`);
	}

	// The results for all tokens, in their order.
	async send(entry, { tokens, ...more }) {
		const from = this.results.length;
		this.command(entry, { tokens, ...more });
		await Promise.race([
			until(`${tokens.length} results`, () => this.results.length >= from + tokens.length, 30_000),
			this.ended.then((code) => { throw new Error(`ended with status ${code}: ${this.errors}`); }),
		]);
		const results = this.results.slice(from);
		return tokens.map((_, i) => results.find(({ client }) => client.endsWith(`-${i}`)));
	}

	async end() {
		this.child.stdin.end();
		const code = await within(20_000, "end of the program", this.ended);
		assert.equal(code, 0, this.errors);
		assert.doesNotMatch(this.errors, /Sanitizer|runtime error/);
	}
}

// A server of its own for each test, and a program that knows it.
async function start(settings = {}) {
	await providers?.close();
	providers = await new Providers(credentials).listen();
	const { webpush_hosts: more, ...others } = settings;
	const all = { ...providers.settings, ...others };
	if (more !== undefined)
		all.webpush_hosts = [all.webpush_hosts, ...more].join(",");
	return new Sender(all);
}

const hex = (n) => n.toString(16).padStart(64, "0");

test("APNs: every answer ends as it should", async () => {
	const sender = await start();
	const cases = [
		[{}, "delivered", ""],
		[{ status: 400, reason: "BadDeviceToken" }, "gone", "BadDeviceToken"],
		[{ status: 400, reason: "DeviceTokenNotForTopic" }, "gone", "DeviceTokenNotForTopic"],
		[{ status: 410, reason: "Unregistered" }, "gone", "Unregistered"],
		[{ status: 410 }, "gone", "status 410"],
		[{ status: 400, reason: "BadTopic" }, "refused", "BadTopic"],
		[{ status: 403, reason: "InvalidProviderToken" }, "refused", "InvalidProviderToken"],
		[{ status: 413, reason: "PayloadTooLarge" }, "refused", "PayloadTooLarge"],
		[{ status: 429, reason: "TooManyRequests", retryAfter: 7 }, "retry", "TooManyRequests", 7000],
		[{ status: 500, reason: "InternalServerError" }, "retry", "InternalServerError"],
	];
	cases.forEach(([answer], i) => providers.script(hex(i), answer));
	const results = await sender.send(providers.entries.apns, { tokens: cases.map((_, i) => hex(i)) });
	cases.forEach(([answer, outcome, reason, retry], i) => {
		const { client, ...result } = results[i];
		assert.deepEqual({ ...result, retry: retry ? result.retry : undefined }, {
			outcome, type: "apns", status: answer.status ?? 200, unsure: false, name: "default", reason,
			retry,
		}, client);
		assert.equal(providers.requests(hex(i)).length, 1, client);
	});
	assert.deepEqual(providers.problems, []);
	assert.equal(providers.sessions.length, 1);
	await sender.end();
});

test("APNs: headers and payload", async () => {
	const sender = await start();
	const { apns } = providers.entries;
	await sender.send(apns, { tokens: [hex(1)], expire: 100_000 });
	await sender.send({ ...apns, apns_expiration: 10 }, { tokens: ["<00000000 0000abcd>"] });
	await sender.send({ ...apns, apns_expiration: "0" }, { tokens: [hex(3)], pushData: {} });
	await sender.send(apns, { tokens: [hex(4)], pushData: { apsData: { "content-available": 1 } } });
	await sender.send(apns, { tokens: [hex(1)] });
	await sender.send(apns, { tokens: [hex(1)], id: "18" });
	const [first, second, third, fourth, again, other] = providers.ledger;
	const now = Date.now() / 1000;
	assert.deepEqual(first.payload, { aps: { alert: "hello", badge: 1 } });
	assert.ok(Math.abs(first.headers["apns-expiration"] - now - 100) < 30);
	assert.equal(second.token, "000000000000abcd");
	assert.ok(second.headers["apns-expiration"] - now <= 10);
	assert.equal(third.headers["apns-expiration"], "0");
	assert.deepEqual(third.payload, { aps: { alert: "通知" } });
	assert.equal(fourth.headers["apns-push-type"], "background");
	assert.deepEqual(fourth.payload, { aps: { "content-available": 1 } });
	assert.equal(again.headers["apns-id"], first.headers["apns-id"]);
	assert.equal(again.headers["apns-collapse-id"], first.headers["apns-collapse-id"]);
	assert.equal(again.headers.authorization, second.headers.authorization, "one provider token");
	assert.notEqual(other.headers["apns-id"], first.headers["apns-id"]);
	assert.notEqual(other.headers["apns-collapse-id"], first.headers["apns-collapse-id"]);
	assert.deepEqual(providers.problems, []);
	await sender.end();
});

test("APNs: what is not sent at all", async () => {
	const sender = await start();
	const { apns } = providers.entries;
	const check = async (entry, more, outcome, reason) => {
		const [result] = await sender.send(entry, { tokens: [hex(1)], ...more });
		assert.equal(result.outcome, outcome);
		assert.match(result.reason, reason);
		assert.equal(result.status, 0);
	};
	await check(apns, { tokens: ["no token"] }, "gone", /^BadDeviceToken/);
	await check(apns, { expire: -1 }, "refused", /expired/);
	await check(apns, { pushData: { apsData: { alert: "x".repeat(4100) } } }, "refused", /^PayloadTooLarge/);
	await check({ name: "default" }, {}, "refused", /neither token_key nor a certificate/);
	await check({ ...apns, token_key: "enc:1:k:AAAA" }, {}, "refused", /secret_keys/);
	await check({ ...apns, token_key: "no key" }, {}, "refused", /can not sign/);
	assert.equal(providers.ledger.length, 0);
	await sender.end();
});

test("APNs: a certificate of its own is a connection of its own", async () => {
	const sender = await start();
	const { certificate, apns } = providers.entries;
	const { other } = credentials;
	const second = { ...certificate, name: "second", apns_dev_cert: other.cert, apns_dev_key: other.key };
	const both = { ...certificate, name: "both", apns_dev_cert: other.cert + other.key };
	delete both.apns_dev_key;
	for (const entry of [certificate, second, both, apns, certificate]) {
		const [result] = await sender.send(entry, { tokens: [hex(1)] });
		assert.equal(result.outcome, "delivered", result.reason);
	}
	assert.deepEqual(providers.ledger.map(({ by }) => by), [
		"Apple Push Services: com.example.app", "Apple Push Services: com.example.other",
		"Apple Push Services: com.example.other", "token", "Apple Push Services: com.example.app",
	]);
	assert.equal(providers.ledger[4].session, providers.ledger[0].session);
	assert.equal(new Set(providers.ledger.map(({ session }) => session)).size, 4);
	assert.deepEqual(providers.problems, []);
	await sender.end();
});

test("APNs: a provider token that is called too old is not made anew before its time", async () => {
	const sender = await start();
	providers.script(hex(1), { status: 403, reason: "ExpiredProviderToken" });
	const [result] = await sender.send(providers.entries.apns, { tokens: [hex(1)] });
	assert.equal(result.outcome, "retry");
	assert.ok(result.retry >= 30_000);
	await sender.send(providers.entries.apns, { tokens: [hex(2)] });
	const [first, second] = providers.ledger;
	assert.equal(second.headers.authorization, first.headers.authorization);
	await sender.end();
});

test("APNs: 503 with Retry-After pauses the provider for all who use the key, and for no one else", async () => {
	const sender = await start();
	providers.script(hex(1), { status: 503, reason: "ServiceUnavailable", retryAfter: 30 });
	const [result] = await sender.send(providers.entries.apns, { tokens: [hex(1)] });
	assert.deepEqual([result.outcome, result.retry], ["retry", 30_000]);
	const [other] = await sender.send(providers.entries.apns, { tokens: [hex(2)], nsp: "/other" });
	assert.equal(other.outcome, "retry");
	assert.ok(other.retry > 10_000 && other.retry <= 30_000);
	assert.equal(providers.ledger.length, 1);
	const [second] = await sender.send(providers.entries.second, { tokens: [hex(3)], nsp: "/other" });
	assert.equal(second.outcome, "delivered", second.reason);
	assert.equal(providers.sessions.length, 2);
	await sender.end();
});

test("APNs: GOAWAY, and what was not served goes on a new connection", async () => {
	const sender = await start();
	providers.script(hex(3), { goaway: true }, {});
	const tokens = Array.from({ length: 6 }, (_, i) => hex(i));
	const results = await sender.send(providers.entries.apns, { tokens });
	for (const { client, outcome, reason } of results)
		assert.equal(outcome, "delivered", `${client}: ${reason}`);
	for (const token of tokens) {
		const served = providers.requests(token).filter(({ status }) => status === 200);
		assert.equal(served.length, 1, token);
	}
	assert.equal(providers.sessions.length, 2);
	await sender.end();
});

for (const [what, answer] of [["a stream", { reset: true }], ["the connection", { cut: true }]]) {
	test(`APNs: ${what} is reset: unsure, and it goes on`, async () => {
		const sender = await start();
		providers.script(hex(1), answer, {});
		const [result] = await sender.send(providers.entries.apns, { tokens: [hex(1)] });
		assert.deepEqual([result.outcome, result.unsure, result.status], ["retry", true, 0]);
		await until("delivered", async () => {
			const [next] = await sender.send(providers.entries.apns, { tokens: [hex(1)] });
			return next.outcome === "delivered";
		}, 20_000);
		assert.equal(providers.requests(hex(1)).length, 2);
		await sender.end();
	});
}

test("APNs: one request hangs, the others do not wait for it", async () => {
	const sender = await start({ provider_timeout: "3s" });
	providers.script(hex(0), { hang: true });
	const tokens = Array.from({ length: 50 }, (_, i) => hex(i));
	const results = await sender.send(providers.entries.apns, { tokens });
	assert.deepEqual([results[0].outcome, results[0].unsure], ["retry", true]);
	assert.match(results[0].reason, /timed out/i);
	assert.equal(results.filter(({ outcome }) => outcome === "delivered").length, 49);
	assert.equal(providers.sessions.length, 1);
	await sender.end();
});

test("APNs: a connection on which nothing comes any more is given up", async () => {
	const sender = await start({ provider_timeout: "2s" });
	const tokens = Array.from({ length: 5 }, (_, i) => hex(i));
	for (const token of tokens)
		providers.script(token, { hang: true }, {});
	const results = await sender.send(providers.entries.apns, { tokens });
	for (const result of results)
		assert.deepEqual([result.outcome, result.unsure], ["retry", true]);
	await until("delivered", async () => {
		const next = await sender.send(providers.entries.apns, { tokens });
		return next.some(({ outcome }) => outcome === "delivered");
	}, 20_000);
	assert.equal(providers.sessions.length, 2);
	await sender.end();
});

for (const [what, settings] of [["no byte of a body", { initialWindowSize: 0 }], ["no stream", { maxConcurrentStreams: 0 }]]) {
	test(`APNs: a connection that takes ${what} is given up`, async () => {
		const sender = await start({ provider_timeout: "2s" });
		providers.server.updateSettings(settings);
		// One may be on its way before the settings come.
		await sender.send(providers.entries.apns, { tokens: [hex(0)] });
		const [result] = await sender.send(providers.entries.apns, { tokens: [hex(1)] });
		assert.deepEqual([result.outcome, result.unsure], ["retry", false]);
		providers.server.updateSettings({ initialWindowSize: 65535, maxConcurrentStreams: 100 });
		await until("delivered", async () => {
			const [next] = await sender.send(providers.entries.apns, { tokens: [hex(1)] });
			return next.outcome === "delivered";
		}, 20_000);
		assert.equal(providers.requests(hex(1)).length, 1);
		await sender.end();
	});
}

test("APNs: a server whose certificate is another one's when it is connected to again", async () => {
	const sender = await start();
	const { apns } = providers.entries;
	const [first] = await sender.send(apns, { tokens: [hex(1)] });
	assert.equal(first.outcome, "delivered", first.reason);
	providers.server.setSecureContext(credentials.other);
	providers.sessions[0].destroy();
	const [second] = await sender.send(apns, { tokens: [hex(2)] });
	assert.deepEqual([second.outcome, second.unsure], ["retry", false]);
	assert.match(second.reason, /mismatch/);
	assert.equal(providers.requests(hex(2)).length, 0);
	providers.server.setSecureContext(credentials.server);
	await until("delivered", async () => {
		const [next] = await sender.send(apns, { tokens: [hex(2)] });
		return next.outcome === "delivered";
	}, 20_000);
	await sender.end();
});

test("APNs: a server that nobody vouches for, and one that is not there", async () => {
	const sender = await start({ provider_ca_file: "" });
	const [result] = await sender.send(providers.entries.apns, { tokens: [hex(1)] });
	assert.deepEqual([result.outcome, result.unsure], ["retry", false]);
	assert.match(result.reason, /certificate/);
	assert.equal(providers.ledger.length, 0);
	await sender.end();

	const lost = await start({ apns_address: "https://127.0.0.1:1" });
	const [none] = await lost.send(providers.entries.apns, { tokens: [hex(1)] });
	assert.deepEqual([none.outcome, none.unsure], ["retry", false]);
	const [paused] = await lost.send(providers.entries.apns, { tokens: [hex(1)] });
	assert.equal(paused.outcome, "retry");
	await lost.end();
});

test("a namespace with very many devices does not delay another one", async () => {
	const sender = await start({ provider_queue: 5000, provider_streams: 50 });
	const { apns } = providers.entries;
	const many = Array.from({ length: 3000 }, (_, i) => hex(1000 + i));
	sender.command(apns, { tokens: many, nsp: "/big" });
	const ahead = providers.ledger.length;
	await sender.send({ ...apns, name: "small" }, { tokens: [hex(1), hex(2), hex(3)], nsp: "/small" });
	const last = providers.ledger.findIndex(({ token }) => token === hex(3));
	assert.ok(last - ahead < 1000, `behind ${last - ahead} others`);
	await until("all results", () => sender.results.length === 3003, 60_000);
	assert.deepEqual(sender.results.find(({ outcome }) => outcome !== "delivered"), undefined);
	assert.equal(providers.sessions.length, 1);
	await sender.end();
});

test("more than may wait are put off", async () => {
	const sender = await start({ provider_queue: 10, provider_concurrency: 5 });
	const tokens = Array.from({ length: 20 }, (_, i) => hex(i));
	const results = await sender.send(providers.entries.apns, { tokens });
	assert.equal(results.filter(({ outcome }) => outcome === "delivered").length, 15);
	assert.equal(results.filter(({ reason }) => reason === "too many wait").length, 5);
	await sender.end();
});

test("FCM: every answer ends as it should, with one access token", async () => {
	const sender = await start();
	const cases = [
		[{}, "delivered", ""],
		[{ status: 404, reason: "UNREGISTERED" }, "gone", "UNREGISTERED"],
		[{ status: 404 }, "refused", "status 404"],
		[{ status: 400, reason: "INVALID_ARGUMENT" }, "refused", "INVALID_ARGUMENT"],
		[{ status: 403, reason: "SENDER_ID_MISMATCH" }, "refused", "SENDER_ID_MISMATCH"],
		[{ status: 401, reason: "THIRD_PARTY_AUTH_ERROR" }, "refused", "THIRD_PARTY_AUTH_ERROR"],
		[{ status: 500, reason: "INTERNAL" }, "retry", "INTERNAL"],
	];
	cases.forEach(([answer], i) => providers.script(`token:${i}`, answer));
	const tokens = cases.map((_, i) => `token:${i}`);
	const results = await sender.send(providers.entries.fcm, { tokens });
	cases.forEach(([answer, outcome, reason], i) => {
		const { outcome: o, reason: r, status, type } = results[i];
		assert.deepEqual([o, r, status, type], [outcome, reason, answer.status ?? 200, "fcm"]);
	});
	assert.equal(providers.requests("token").length, 1);
	assert.deepEqual(providers.problems, []);
	const { data, notification, android } = providers.requests("token:0")[0].payload;
	assert.deepEqual(notification, { body: "hello" });
	assert.deepEqual({ ...data, pushData: JSON.parse(data.pushData) },
		{ id: "17", room: "r", namespace: "/demo", pushData: { text: "hi" } });
	assert.equal(android.priority, "HIGH");
	await sender.end();
});

test("FCM: a quota, or 503, pauses the account", async () => {
	for (const answer of [{ status: 429, reason: "QUOTA_EXCEEDED", retryAfter: 20 }, { status: 503, retryAfter: 20 }]) {
		const sender = await start();
		providers.script("a", answer);
		const [result] = await sender.send(providers.entries.fcm, { tokens: ["a"] });
		assert.deepEqual([result.outcome, result.retry], ["retry", 20_000]);
		const [next] = await sender.send(providers.entries.fcm, { tokens: ["b"] });
		assert.equal(next.outcome, "retry");
		assert.equal(providers.requests("b").length, 0);
		await sender.end();
	}
});

test("FCM: an access token that is refused is fetched anew, and one that ends in time", async () => {
	const sender = await start();
	await sender.send(providers.entries.fcm, { tokens: ["a"] });
	providers.tokens.clear();
	const [result] = await sender.send(providers.entries.fcm, { tokens: ["b"] });
	assert.equal(result.outcome, "retry");
	const [next] = await sender.send(providers.entries.fcm, { tokens: ["b"] });
	assert.equal(next.outcome, "delivered");
	assert.equal(providers.requests("token").length, 2);
	await sender.end();

	const second = await start();
	providers.lifetime = 2;
	await until("a third token", async () => {
		const [one] = await second.send(providers.entries.fcm, { tokens: ["c"] });
		assert.equal(one.outcome, "delivered");
		return providers.requests("token").length >= 3;
	}, 30_000);
	await second.end();
});

test("FCM: access tokens that are never taken are not fetched over and over", async () => {
	const sender = await start();
	providers.script("a", { status: 401, reason: "UNAUTHENTICATED" });
	const [first] = await sender.send(providers.entries.fcm, { tokens: ["a"] });
	assert.ok(first.outcome === "retry" && first.retry <= 1000);
	const [second] = await sender.send(providers.entries.fcm, { tokens: ["a"] });
	assert.ok(second.outcome === "retry" && second.retry > 50_000, `again after ${second.retry} ms`);
	const results = await sender.send(providers.entries.fcm, { tokens: ["a", "b"] });
	for (const { outcome, retry } of results)
		assert.ok(outcome === "retry" && retry > 40_000);
	assert.equal(providers.requests("token").length, 2);
	await sender.end();
});

test("FCM: an account without access tokens", async () => {
	const sender = await start();
	providers.script("token", { status: 400, reason: "invalid_grant" });
	const results = await sender.send(providers.entries.fcm, { tokens: ["a", "b"] });
	for (const { outcome, reason } of results)
		assert.deepEqual([outcome, reason], ["refused", "no access token: invalid_grant"]);
	const [next] = await sender.send(providers.entries.fcm, { tokens: ["c"] });
	assert.equal(next.outcome, "refused");
	assert.equal(providers.requests("token").length, 1, "the server is not asked again at once");
	const other = { ...providers.entries.fcm, name: "other" };
	other.service_account = providers.serviceAccount({ client_email: "other@example-project.iam.gserviceaccount.com" });
	providers.script("token", {});
	const [good] = await sender.send(other, { tokens: ["d"], nsp: "/other" });
	assert.equal(good.outcome, "delivered", "another account goes on");
	await sender.end();

	const second = await start();
	providers.script("token", { status: 500 }, {});
	const [late] = await second.send(providers.entries.fcm, { tokens: ["a"] });
	assert.equal(late.outcome, "retry");
	await second.end();

	const third = await start({ fcm_token_hosts: "oauth2.googleapis.com" });
	const [refused] = await third.send(providers.entries.fcm, { tokens: ["a"] });
	assert.match(refused.reason, /fcm_token_hosts/);
	assert.equal(providers.ledger.length, 0);
	await third.end();
});

test("Web Push: encrypted, signed, and every answer ends as it should", async () => {
	const sender = await start();
	const cases = [
		[{}, "delivered"], [{ status: 404 }, "gone"], [{ status: 410 }, "gone"],
		[{ status: 413 }, "refused"], [{ status: 403 }, "refused"],
		[{ status: 429, retryAfter: 9 }, "retry", 9000], [{ status: 500 }, "retry"],
	];
	const tokens = cases.map(([answer], i) => {
		providers.script(`b${i}`, ...(Object.keys(answer).length ? [answer] : [{}]));
		return JSON.stringify(providers.browser(`b${i}`).subscription);
	});
	const results = await sender.send(providers.entries.webpush, { tokens });
	cases.forEach(([answer, outcome, retry], i) => {
		assert.deepEqual([results[i].outcome, results[i].status], [outcome, answer.status ?? 201]);
		if (retry)
			assert.equal(results[i].retry, retry);
	});
	assert.deepEqual(providers.problems, []);
	for (const { payload } of providers.ledger) {
		assert.deepEqual(JSON.parse(payload), {
			id: "17", room: "r", namespace: "/demo", body: "hello", pushData: { text: "hi" },
		});
	}
	assert.equal(providers.sessions.length, 1);
	const [own] = await sender.send(providers.entries.webpush, { tokens: [tokens[0]], pushData: { webData: "just text" } });
	assert.equal(own.outcome, "delivered");
	assert.equal(providers.ledger.at(-1).payload, "just text");
	await sender.end();
});

test("Web Push: 503 pauses a push service for the namespace that got it, not for others", async () => {
	const sender = await start();
	const { webpush } = providers.entries;
	const tokens = ["p0", "p1", "p2"].map((name) => JSON.stringify(providers.browser(name).subscription));
	providers.script("p0", { status: 503, retryAfter: 1e7 });
	const [first] = await sender.send(webpush, { tokens: [tokens[0]] });
	assert.deepEqual([first.outcome, first.retry], ["retry", 3600_000], "an hour at most");
	const [own] = await sender.send(webpush, { tokens: [tokens[1]] });
	assert.deepEqual([own.outcome, own.status], ["retry", 0]);
	assert.ok(own.retry <= 300_000, "five minutes at most for what was not asked");
	const [other] = await sender.send(webpush, { tokens: [tokens[2]], nsp: "/other" });
	assert.equal(other.outcome, "delivered", other.reason);
	await sender.end();
});

test("Web Push: hosts that hang do not take the places of others, and what is idle is closed", async () => {
	const open = new Set();
	let most = 0;
	const silent = net.createServer((socket) => {
		open.add(socket);
		most = Math.max(most, open.size);
		socket.on("error", () => {});
		socket.on("close", () => open.delete(socket));
		socket.resume();
	});
	await new Promise((resolve) => silent.listen(0, "0.0.0.0", resolve));
	const { port } = silent.address();
	const sender = await start({
		webpush_hosts: Array.from({ length: 40 }, (_, i) => `127.0.1.${i}:${port}`),
		provider_timeout: "4s", provider_idle: "1s",
	});
	const { webpush, apns, fcm } = providers.entries;
	const { keys } = providers.browser("x").subscription;
	const hanging = Array.from({ length: 40 }, (_, i) =>
		JSON.stringify({ endpoint: `https://127.0.1.${i}:${port}/`, keys }));
	const from = sender.results.length;
	sender.command(webpush, { tokens: hanging });
	await until("connections", () => open.size === 32, 10_000);
	const [one] = await sender.send(webpush,
		{ tokens: [JSON.stringify(providers.browser("y").subscription)], nsp: "/other" });
	assert.equal(one.outcome, "delivered", one.reason);
	for (const entry of [apns, fcm]) {
		const result = await sender.send(entry, { tokens: [hex(1)] });
		assert.equal(result[0].outcome, "delivered", result[0].reason);
	}
	await until("all results", () => sender.results.length >= from + 43, 30_000);
	const refused = sender.results.filter(({ reason }) => reason === "too many servers are in use");
	assert.deepEqual([refused.length, most], [8, 32], "no more than one namespace may have");
	assert.equal(sender.results.filter(({ reason }) => /^timed out/.test(reason)).length, 32);
	await until("idle connections are closed",
		() => open.size === 0 && providers.sessions.every(({ destroyed }) => destroyed), 30_000);
	await sender.end();
	silent.close();
});

// A frame of HTTP/2.
function frame(type, flags, stream, payload) {
	const head = Buffer.alloc(9);
	head.writeUIntBE(payload.length, 0, 3);
	head[3] = type;
	head[4] = flags;
	head.writeUInt32BE(stream, 5);
	return Buffer.concat([head, payload]);
}

const SETTINGS = frame(4, 0, 0, Buffer.alloc(0));
// A header field that is not to be indexed: "a", and 16000 bytes.
const FIELD = Buffer.concat([Buffer.from([0, 1, 0x61, 0x7f, 0x81, 0x7c]), Buffer.alloc(16000, 0x62)]);

for (const [what, first, more] of [
	["PINGs", SETTINGS, frame(6, 0, 0, Buffer.alloc(8))],
	["SETTINGS", SETTINGS, SETTINGS],
	["headers", Buffer.concat([SETTINGS, frame(1, 0, 1, Buffer.from([0x88]))]), frame(9, 0, 1, FIELD)],
	["frames of no known kind", SETTINGS, frame(0x42, 0, 0, Buffer.alloc(16000))],
]) {
	test(`Web Push: a service that sends ${what} without end holds up nobody else`, async () => {
		const piece = Buffer.concat(Array.from({ length: Math.ceil(64000 / more.length) }, () => more));
		let sent = 0;
		const flood = tls.createServer({ ...credentials.server, ALPNProtocols: ["h2"] }, (socket) => {
			const pour = () => {
				do
					sent += piece.length;
				while (!socket.destroyed && socket.write(piece));
			};
			socket.on("error", () => {});
			socket.on("drain", () => setImmediate(pour));
			socket.resume();
			// When the request has come.
			socket.once("data", () => setImmediate(() => {
				socket.write(first);
				pour();
			}));
		});
		await new Promise((resolve) => flood.listen(0, "127.0.0.1", resolve));
		const sender = await start({ webpush_hosts: [`127.0.0.1:${flood.address().port}`], provider_timeout: "5s" });
		const { keys } = providers.browser("x").subscription;
		const from = sender.results.length;
		sender.command(providers.entries.webpush,
			{ tokens: [JSON.stringify({ endpoint: `https://127.0.0.1:${flood.address().port}/`, keys })] });
		await until("it floods", () => sent > 0, 30_000);
		sender.command(providers.entries.apns, { tokens: [hex(1)], nsp: "/other" });
		await until("both results", () => sender.results.length >= from + 2, 30_000);
		const other = sender.results.find(({ type }) => type === "apns");
		assert.equal(other.outcome, "delivered", other.reason);
		const hostile = sender.results.find(({ type }) => type === "webpush");
		assert.deepEqual([hostile.outcome, hostile.status], ["retry", 0]);
		await sender.end();
		flood.close();
	});
}

test("Web Push: endpoints of clients lead nowhere they should not", async () => {
	const sender = await start();
	const one = providers.browser("x").subscription;
	const with_ = (endpoint, keys = one.keys) => JSON.stringify({ endpoint, keys });
	const tokens = [
		"no JSON", "[]", with_("http://127.0.0.1/"), with_("https://localhost/"), with_("file:///etc/passwd"),
		with_("https://user@127.0.0.1/"), with_("https://127.0.0.1 /"), with_("https://127.0.0.1:99999/"),
		with_(one.endpoint, {}), with_(one.endpoint, { ...one.keys, auth: "AAAA" }),
		with_(one.endpoint, { ...one.keys, p256dh: Buffer.alloc(65, 4).toString("base64url") }),
	];
	for (const { outcome, status } of await sender.send(providers.entries.webpush, { tokens }))
		assert.deepEqual([outcome, status], ["refused", 0]);
	assert.equal(providers.ledger.length, 0);
	await sender.end();

	// Any host, but none of ours: the address is looked at when it is known.
	const open = await start({ webpush_hosts: ["*"], provider_timeout: "3s" });
	const inside = ["https://127.0.0.1/", "https://localhost/", "https://[::1]/", "https://10.0.0.1/",
		"https://169.254.169.254/latest", "https://0x7f.1/"].map((url) => with_(url));
	inside.push(with_("https://127.0.0.1:8080/"), with_("https://push.example.org:8443/"));
	for (const { outcome, status, unsure } of await open.send(providers.entries.webpush, { tokens: inside }))
		assert.deepEqual([outcome === "delivered", status, unsure], [false, 0, false]);
	assert.equal(providers.sessions.length, 0);
	await open.end();
});
