// connect_auth = jwt: tokens made by npm's jose, real clients of both generations on two connectors.

import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import http from "node:http";
import { after, before, describe, test } from "node:test";

import { SignJWT } from "jose";

import { Client, versions } from "./lib/client.mjs";
import { startStack } from "./lib/stack.mjs";
import { until, within } from "./lib/wait.mjs";

const SECRET = "a secret that has at least 32 bytes";
const LEEWAY = 5; // s

const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const stranger = generateKeyPairSync("ec", { namedCurve: "P-256" });
const pem = ({ publicKey }) => publicKey.export({ type: "spki", format: "pem" });
const keys = [
	{ kid: "secret", alg: "HS256", key: SECRET },
	{ kid: "rsa", alg: "RS256", key: pem(rsa) },
	{ kid: "ec", alg: "ES256", key: pem(ec) },
];
const signers = {
	HS256: { kid: "secret", key: new TextEncoder().encode(SECRET) },
	RS256: { kid: "rsa", key: rsa.privateKey },
	ES256: { kid: "ec", key: ec.privateKey },
};

let stack;
let server;
let base;
const asked = [];
const open = [];

before(async () => {
	server = http.createServer((req, res) => {
		const url = new URL(req.url, "http://x");
		asked.push({ namespace: req.headers.namespace, query: Object.fromEntries(url.searchParams) });
		res.end(url.pathname === "/rename" ? JSON.stringify({ userid: "renamed" }) : "");
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	base = `http://127.0.0.1:${server.address().port}`;
	stack = await startStack({ connectors: 2, set: { redis_timeout: "5s", token_leeway: `${LEEWAY}s` } });
});

after(async () => {
	open.forEach((client) => client.close());
	await stack?.stop();
	server?.closeAllConnections();
	server?.close();
});

async function namespace(key, more = {}) {
	const owner = await stack.namespace(key);
	await owner.post("/api/auth/namespace/save", { connect_auth: "jwt", jwt_keys: keys, ...more });
	return owner;
}

// lives: seconds; header: what to change in it.
function token(claims, { alg = "ES256", lives = 3600, key, header = {} } = {}) {
	const jwt = new SignJWT(claims).setProtectedHeader({ alg, kid: signers[alg].kid, ...header });
	if (lives !== undefined)
		jwt.setExpirationTime(Math.floor(Date.now() / 1000) + lives);
	return jwt.sign(key ?? signers[alg].key);
}

function client(key, identity, { n = 1, version = "4.8.4", by = "connect" } = {}) {
	const made = new Client(stack.connector(n), { version, by, namespace: key, identity });
	made.expired = new Promise((resolve) => made.socket.on("tokenExpired", resolve));
	made.gone = new Promise((resolve) => made.socket.on("disconnect", resolve));
	open.push(made);
	return made;
}

async function refusal(made) {
	const first = await within(10_000, `an answer to ${made.name.slice(0, 60)}`, made.first);
	assert.equal(first.type, "refused");
	return first.data;
}

for (const version of versions) {
	for (const [n, by] of ["url", "connect"].entries()) {
		test(`${version}, token by ${by}: the token says who it is`, async () => {
			const key = `/who-${version[0]}-${by}`;
			const owner = await namespace(key);
			for (const alg of Object.keys(signers)) {
				const claims = { sub: `ann-${alg}`, uuid: "phone", platform: "ios", nsp: key, rooms: ["vip", alg] };
				// nothing but the token; and one who says to be somebody else
				for (const claimed of [{}, { uuid: "mine", userid: "eve", platform: "web" }]) {
					const one = client(key, { ...claimed, token: await token(claims, { alg }) },
						{ n: 1 + n, version, by });
					assert.equal((await one.connected()).clientId, `${key}#ann-${alg}#ios-phone`);
					for (const room of [alg, "vip", `user_ann-${alg}`])
						await owner.push(room, { room });
					await until("the pushes", () => one.pushes.length === 3, 10_000);
					assert.equal((await owner.online("user_eve")).clientCount, 0);
				}
			}
			assert.equal((await owner.online("vip")).userCount, 3);
		});
	}
}

test("what the token leaves open the client says", async () => {
	await namespace("/open");
	const made = client("/open", { uuid: "u1", platform: "android", userid: "eve", token: await token({ sub: "ann" }) });
	assert.equal((await made.connected()).clientId, "/open#ann#android-u1");
	assert.equal(await refusal(client("/open", { token: await token({ sub: "ann" }) })), "uuid invalid");
});

test("bad tokens are refused, and old ones, in their own words", async () => {
	const key = "/bad";
	await namespace(key);
	const good = { sub: "ann", uuid: "u1" };
	const [header, payload, signature] = (await token(good)).split(".");
	const unsigned = (head) => `${Buffer.from(JSON.stringify(head)).toString("base64url")}.${payload}.`;
	// the public key as the secret of HS256
	const confused = await new SignJWT(good).setProtectedHeader({ alg: "HS256", kid: "rsa" })
		.sign(new TextEncoder().encode(pem(rsa)));
	const rows = [
		["none", undefined, "token invalid"],
		["no token", "x", "token invalid"],
		["unsigned", unsigned({ alg: "none" }), "token invalid"],
		["unsigned, as ES256", unsigned({ alg: "ES256", kid: "ec" }), "token invalid"],
		["another key", await token(good, { key: stranger.privateKey }), "token invalid"],
		["confusion of algorithms", confused, "token invalid"],
		["unknown kid", await token(good, { header: { kid: "x" } }), "token invalid"],
		["claims of another", `${header}.${Buffer.from("{\"sub\":\"eve\"}").toString("base64url")}.${signature}`,
			"token invalid"],
		["cut", `${header}.${payload}.${signature.slice(0, -2)}`, "token invalid"],
		["no sub", await token({ uuid: "u1" }), "token invalid"],
		["sub that is no name", await token({ ...good, sub: "a b" }), "token invalid"],
		["platform unknown", await token({ ...good, platform: "toaster" }), "token invalid"],
		["room that is none", await token({ ...good, rooms: ["a b"] }), "token invalid"],
		["another namespace", await token({ ...good, nsp: "/who" }), "token invalid"],
		["not yet", await token({ ...good, nbf: Math.floor(Date.now() / 1000) + 3600 }), "token invalid"],
		["too long", await token({ ...good, more: "x".repeat(8192) }), "token invalid"],
		["expired", await token(good, { lives: -3600 }), "token expired"],
	];
	for (const [i, [name, value, want]] of rows.entries()) {
		const made = client(key, { uuid: "u1", userid: "ann", ...(value && { token: value }) },
			{ n: 1 + i % 2, version: versions[i % 2] });
		assert.equal(await refusal(made), want, name);
	}
	assert.equal((await client(key, { token: await token(good) }).connected()).clientId, `${key}#ann#web-u1`);
	// a token is of no use where none is wanted
	await stack.namespace("/none");
	assert.equal(await refusal(client("/none", { token: await token(good) })), "uuid invalid");
});

describe("the end of a token", { concurrency: true }, () => {
	for (const version of versions) {
		test(`${version}: an expired token ends the connection, with a reason`, async () => {
			const key = `/expire-${version[0]}`;
			await namespace(key);
			const owner = stack.rest(key, `password of ${key}`);
			const made = client(key, { token: await token({ sub: "ann", uuid: "u1" }, { lives: 4 }) }, { n: 2, version });
			await made.connected();
			assert.deepEqual(await within(15_000, "tokenExpired", made.expired),
				{ reason: "token expired", closes_in: LEEWAY });
			assert.deepEqual(made.lost, []);
			await within(15_000, "the disconnect", made.gone);
			const record = await until("the farewell", async () => {
				const known = await owner.post("/api/auth/client", { id: `${key}#ann#web-u1` });
				return known.disconnect_reason && known;
			});
			assert.equal(record.disconnect_reason, "token expired");
		});

		test(`${version}: a fresh token keeps it open`, async () => {
			const key = `/fresh-${version[0]}`;
			await namespace(key);
			const old = await token({ sub: "ann", uuid: "u1" }, { lives: 4 });
			const made = client(key, { token: old }, { version });
			await made.connected();
			const refresh = async (claims, options) =>
				made.call("refreshToken", { token: await token(claims, options) });
			const invalid = { status: 401, msg: "token invalid" };
			assert.deepEqual(await made.call("refreshToken", {}), invalid);
			assert.deepEqual(await made.call("refreshToken", "x"), invalid);
			assert.deepEqual(await refresh({ sub: "eve", uuid: "u1" }), invalid);
			assert.deepEqual(await refresh({ sub: "ann", uuid: "u2" }), invalid);
			assert.deepEqual(await refresh({ sub: "ann" }), invalid);
			assert.deepEqual(await refresh({ sub: "ann", uuid: "u1" }, { key: stranger.privateKey }), invalid);
			assert.deepEqual(await refresh({ sub: "ann", uuid: "u1" }, { lives: -3600 }),
				{ status: 401, msg: "token expired" });
			// in the time between the event and the end
			await within(15_000, "tokenExpired", made.expired);
			assert.deepEqual(await refresh({ sub: "ann", uuid: "u1" }, { lives: 3600, alg: "RS256" }),
				{ status: 200, msg: "ok" });
			await new Promise((resolve) => setTimeout(resolve, (LEEWAY + 2) * 1000)); // it would have ended
			assert.deepEqual(made.lost, []);
			assert.deepEqual(await made.call("joinRoom", "still-here"), { status: 200, msg: "ok" });
		});
	}
});

test("without exp it has no end; a client that needs no token has none to refresh", async () => {
	await namespace("/ever");
	const made = client("/ever", { token: await token({ sub: "ann", uuid: "u1" }, { lives: undefined }) });
	await made.connected();
	const fresh = await token({ sub: "ann", uuid: "u1" });
	assert.deepEqual(await made.call("refreshToken", { token: fresh }), { status: 200, msg: "ok" });
	await stack.namespace("/plain");
	const plain = client("/plain", { uuid: "u1", userid: "ann" });
	await plain.connected();
	assert.deepEqual(await plain.call("refreshToken", { token: fresh }), { status: 401, msg: "token invalid" });
});

test("with a connect callback: it is asked about who the token says, without the token", async () => {
	const key = "/both";
	await namespace(key, { connect_callback: `${base}/yes` });
	assert.equal(await refusal(client(key, { uuid: "u1", token: "x" })), "token invalid");
	assert.equal(asked.length, 0);
	const made = client(key, { uuid: "u9", userid: "eve", more: "1", token: await token({ sub: "ann", uuid: "u1" }) });
	assert.equal((await made.connected()).clientId, `${key}#ann#web-u1`);
	assert.deepEqual(asked.map(({ query: { more, uuid, userid, token: t } }) => ({ more, uuid, userid, t })),
		[{ more: "1", uuid: "u1", userid: "ann", t: undefined }]);
	// its answer may rename, and the token can still be refreshed: it is for its sub
	await stack.admin.post("/api/admin/namespace/save", { key, connect_callback: `${base}/rename` });
	const renamed = client(key, { token: await token({ sub: "ann", uuid: "u2" }) }, { n: 2 });
	assert.equal((await renamed.connected()).clientId, `${key}#renamed#web-u2`);
	assert.deepEqual(await renamed.call("refreshToken", { token: await token({ sub: "ann", uuid: "u2" }) }),
		{ status: 200, msg: "ok" });
});

test("keys that are taken away are of no use any more", async () => {
	const key = "/rotate";
	const owner = await namespace(key, { jwt_keys: [keys[0], keys[2]] });
	const claims = { sub: "ann", uuid: "u1" };
	const made = client(key, { token: await token(claims) });
	await made.connected();
	// the secret stays although it is not sent again
	await owner.post("/api/auth/namespace/save", { jwt_keys: [{ kid: "secret", alg: "HS256" }] });
	const shown = await owner.get("/api/auth/namespace");
	assert.deepEqual(shown.jwt_keys, [{ kid: "secret", alg: "HS256", key_set: true }]);
	assert.equal(await refusal(client(key, { token: await token({ sub: "bob", uuid: "u2" }) }, { n: 2 })),
		"token invalid");
	assert.deepEqual(await made.call("refreshToken", { token: await token(claims) }),
		{ status: 401, msg: "token invalid" });
	const hs = await token(claims, { alg: "HS256" });
	assert.deepEqual(await made.call("refreshToken", { token: hs }), { status: 200, msg: "ok" });
	await owner.post("/api/auth/namespace/save", { jwt_keys: [] });
	assert.equal(await refusal(client(key, { token: hs }, { n: 2 })), "token invalid");
	assert.deepEqual(made.lost, []);
});
