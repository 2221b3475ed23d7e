// What the REST API answers when something is wrong, through the web server: status, headers and
// the body as the API program made it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { row } from "./lib/contract.mjs";
import { ABORT, ApiProcess } from "./lib/fcgi.mjs";
import { makeKey } from "./lib/providers.mjs";
import { basic, request } from "./lib/rest.mjs";
import { routes } from "./lib/routes.mjs";
import { startStack, target } from "./lib/stack.mjs";

const KEY = "/rest";
const PASSWORD = "with:colon";
const PUSH = "/api/auth/push";
const owner = { authorization: basic(KEY, PASSWORD) };
const json = { ...owner, "content-type": "application/json" };
const form = { ...owner, "content-type": "application/x-www-form-urlencoded" };
const stranger = { authorization: basic(KEY, "x") };
const undescribed = { described: false }; // what is wrong on purpose
const good = { room: "r", pushData: { a: 1 } };

let stack;
let admin;
const send = (method, path, headers, body, more) =>
	request(stack.env.LP_WEB_URL, method, path, { headers, body, ...more });

before(async () => {
	stack = await startStack({ connectors: 1, archive: true, set: { redis_timeout: "5s", archive_clients: "true" } });
	await stack.namespace(KEY, PASSWORD);
	await stack.admin.post("/api/admin/namespace/save", { key: "/open", name: "without a password" });
	admin = { authorization: basic(stack.env.LP_ADMIN_USER, stack.env.LP_ADMIN_PASSWORD) };
});

after(() => stack?.stop());

// row, what, method, path, headers, body, status, message (undefined: any)
const errors = [
	["authorization missing", "for a namespace", "POST", PUSH, {}, good, 400, "need authorization"],
	["authorization missing", "for the administrator", "POST", "/api/admin/login", {}, {}, 400,
		"need authorization"],
	["authorization of a namespace", "an unknown one", "POST", PUSH,
		{ authorization: basic("/nobody", "x") }, good, 400, "namespace not found"],
	["authorization of a namespace", "without its slash", "POST", PUSH,
		{ authorization: basic("rest", PASSWORD) }, good, 400, "namespace not found"],
	["authorization of a namespace", "one without a password", "POST", PUSH,
		{ authorization: basic("/open", "") }, good, 401, "passwd error"],
	["authorization of a namespace", "a wrong password", "POST", PUSH,
		{ authorization: basic(KEY, "with:colons") }, good, 401, "passwd error"],
	["authorization of a namespace", "the administrator is none", "POST", PUSH,
		{ authorization: basic("admin", "123456") }, good, 400, "namespace not found"],
	["authorization of the administrator", "a wrong password", "POST", "/api/admin/login",
		{ authorization: basic("admin", "x") }, {}, 401, "auth error"],
	["authorization of the administrator", "a number that is the password", "POST", "/api/admin/login",
		{ authorization: basic("admin", "123456.0") }, {}, 401, "auth error"],
	["authorization of the administrator", "another name", "POST", "/api/admin/login",
		{ authorization: basic("root", "123456") }, {}, 401, "auth error"],
	["authorization of the administrator", "a namespace is none", "POST", "/api/admin/login", owner, {},
		401, "auth error"],
	["authorization password", "all behind the first colon", "POST", PUSH,
		{ authorization: basic(KEY, "with") }, good, 401, "passwd error"],
	["unknown path", "404", "GET", "/api/auth/nothing", owner, undefined, 404],
	["unknown path", "404", "GET", "/api/admin/nothing", {}, undefined, 404],
	["wrong method", "405 with Allow", "GET", PUSH, owner, undefined, 405],
	["bodies", "bad JSON", "POST", PUSH, json, "{\"room\":", 400],
	["bodies", "JSON that is no object", "POST", PUSH, json, "17", 400],
	["bodies", "deep JSON", "POST", PUSH, json, "[".repeat(100_000), 400],
	["bodies", "none", "POST", PUSH, json, "", 400, "room can not be empty"],
	["bodies", "too large", "POST", PUSH, json, `{"room":"${"r".repeat(1_100_000)}"}`, 413],
	["order of the checks", "authorization before the body", "POST", PUSH, { ...json, ...stranger },
		"{", 401, "passwd error"],
	["order of the checks", "body before the handler", "POST", "/api/auth/client", json, "{", 400,
		"body can not be parsed"],
	["errors", "of a push", "POST", PUSH, owner, { room: "a b" }, 400, "room invalid"],
	["errors", "of a report", "GET", "/api/auth/report/push/999999", owner, undefined, 400,
		"this id not exists"],
];

for (const [name, what, method, path, headers, body, status, message] of errors) {
	row(name, `${what}: ${method} ${path}`, async () => {
		const answer = await send(method, path, { ...headers, origin: "https://a.example" }, body);
		assert.equal(answer.status, status, answer.text);
		assert.match(answer.headers["content-type"], /^application\/json; charset=utf-8$/i);
		assert.equal(answer.json?.code, 9999, answer.text);
		assert.match(answer.json.error, /^[a-z0-9]+(_[a-z0-9]+)*$/);
		assert.equal(answer.json.msg, message ?? answer.json.msg);
		assert.equal(answer.headers["access-control-allow-origin"], "*");
		assert.equal(answer.headers.from, "light-push");
		if (status === 405)
			assert.equal(answer.headers.allow, "POST");
	});
}

row("success", "status, type and headers", async () => {
	const answer = await send("POST", PUSH, { ...owner, origin: "https://a.example" }, good);
	assert.equal(answer.status, 200, answer.text);
	assert.match(answer.headers["content-type"], /^application\/json; charset=utf-8$/i);
	assert.match(answer.headers["x-response-time"], /^\d+(\.\d+)?ms$/);
	assert.equal(answer.headers.from, "light-push");
	assert.equal(answer.headers["access-control-allow-origin"], "*");
	assert.ok(Number.isSafeInteger(answer.json.id));
});

row("names", "of rooms: which characters, how many", async () => {
	const push = (room) => send("POST", PUSH, owner, { room, pushData: {} });
	for (const room of ["aZ09_.\\-$#/", "r".repeat(100), "/"])
		assert.equal((await push(room)).status, 200, room);
	for (const room of ["a b", "ä", "a:b", "a\n", "a\0", "{a}", "a*", "r".repeat(101)])
		assert.equal((await push(room)).json.msg, "room invalid", room);
});

row("authorization scheme", "in any case, or none", async () => {
	const bare = owner.authorization.slice("Basic ".length);
	for (const authorization of [`Basic ${bare}`, bare, `basic ${bare}`, `BASIC ${bare}`]) {
		const answer = await send("POST", "/api/auth/login", { authorization }, {});
		assert.equal(answer.status, 200, `${authorization}: ${answer.text}`);
		assert.deepEqual(answer.json, {});
	}
});

row("authorization of an offline namespace", "is taken", async () => {
	const key = "/rest-offline";
	const rest = await stack.namespace(key);
	await stack.admin.post("/api/admin/namespace/save", { key, offline: "on" });
	assert.deepEqual(await rest.post("/api/auth/login", {}), {});
	assert.equal((await rest.get("/api/auth/namespace")).offline, "on");
});

row("bodies", "a form makes an object of pushData[a]", async () => {
	const answer = await send("POST", PUSH, form, "room=r&pushData[a]=1&pushData%5Bb%5D=x%20y");
	assert.equal(answer.status, 200, answer.text);
	const record = await send("GET", `/api/auth/report/push/${answer.json.id}`, owner);
	assert.deepEqual(JSON.parse(record.json.pushData), { a: "1", b: "x y" });
});

row("bodies", "any +json, in chunks too", async () => {
	const plus = { ...owner, "content-type": "application/vnd.api+json; charset=utf-8" };
	const chunked = { ...json, "transfer-encoding": "chunked" };
	for (const headers of [plus, chunked]) {
		const answer = await send("POST", PUSH, headers, JSON.stringify(good));
		assert.equal(answer.status, 200, answer.text);
	}
});

test("bodies: one that broke off is not taken for the whole", async () => {
	const api = await ApiProcess.start(stack, "broken-off");
	const push = (more) => api.request("POST", PUSH, { authorization: owner.authorization,
		body: Buffer.from("room=broken-off&pushData[a]=1&expire=1"),
		params: { CONTENT_TYPE: form["content-type"], CONTENT_LENGTH: "" }, ...more });
	try {
		assert.equal((await push()).status, 200);
		for (const end of [Buffer.alloc(0), ABORT]) {
			const { status, json: answer } = await push({ end });
			assert.deepEqual([status, answer.error], [400, "body_invalid"]);
		}
	} finally {
		assert.equal(await api.stop(), 0);
	}
});

row("OPTIONS", "needs no authorization", async () => {
	const allowed = ["Content-Type", "AdminKey", "Nonce", "Timestamp", "Signature", "AppKey", "Token",
		"AppId", "RefKey", "Authorization"];
	for (const path of [PUSH, "/api/auth/nothing", "/api/admin/login", "/api/admin/namespace/list"]) {
		const answer = await send("OPTIONS", path, { origin: "http://a.example" });
		assert.ok([200, 204].includes(answer.status), `${answer.status}`);
		assert.equal(answer.text, "");
		assert.equal(answer.headers["access-control-allow-methods"], "GET, POST");
		assert.equal(answer.headers["access-control-max-age"], "2592000");
		const headers = answer.headers["access-control-allow-headers"].split(/, */);
		assert.deepEqual(allowed.filter((name) => !headers.includes(name)), []);
	}
});

row("cross-origin requests", "by default of any origin, without credentials", async () => {
	for (const path of ["/api/auth/login", "/api/admin/login"]) {
		const answer = await send("POST", path, { origin: "https://a.example" }, {});
		assert.equal(answer.headers["access-control-allow-origin"], "*");
		assert.equal(answer.headers["access-control-allow-credentials"], undefined);
	}
});

test(`a %2F belongs to its segment of the path (${target})`, async () => {
	const inside = await send("GET", "/api/auth/report/push/1%2F2", owner);
	assert.equal(inside.status, 400, inside.text);
	assert.equal(inside.json.error, "message_not_found");
	const between = await send("GET", "/api/auth/report/push/1/2", owner);
	assert.equal(between.status, 404, between.text);
});

row("secrets", "are stored hashed and shown by no endpoint", async () => {
	const token_key = makeKey();
	const saved = await send("POST", "/api/auth/namespace/save", json,
		JSON.stringify({ apns_list: [{ name: "a", token_key }] }));
	assert.equal(saved.status, 200, saved.text);
	const stored = await stack.redis("HGET", `lp:{${KEY}}:conf`, "auth_passwd");
	assert.match(stored, /pbkdf2/i);
	assert.doesNotMatch(stored, /with:colon/);
	const asked = routes().filter(({ method, auth }) => method === "GET" && auth !== "none");
	for (const { path, auth } of asked.filter(({ path }) => !/clear|flush/.test(path))) {
		const answer = await send("GET", `${path.replace(":id", "1")}?detail=1&online=1&key=rest`,
			auth === "admin" ? admin : owner, undefined, undescribed);
		assert.doesNotMatch(answer.text, /with:colon|pbkdf2|BEGIN PRIVATE|enc:1:|123456/i, path);
	}
});

const wrong = [null, 0, -1, 1e300, true, "", "\0", "%", "a b", "x".repeat(70_000), [], {}, [[]], [null], [{}],
	{ "": 1 }, [""], "{", "-", "NaN", "9".repeat(40), "\u{10ffff}", "$(x)", "{/rest}"];
const names = ["room", "pushData", "except", "expire", "leaveMessage", "apnsName", "extra", "from", "page",
	"size", "pageSize", "detail", "targetRoom", "sourceRooms", "type", "id", "device_token", "mobile",
	"longitude", "latitude", "userId", "nspName", "add", "remove", "key", "name", "connect_callback",
	"auth_passwd", "callback_auth", "offline", "apns_list", "online", "namespace", "eventId",
	"to", "by", "q", "cursor", "client", "user", "format"];

// Saving would change the password that the others use.
for (const { method, path, auth } of routes().filter(({ path }) => !path.endsWith("/save"))) {
	row("malformed values", `no 5xx: ${method} ${path}`, async () => {
		const headers = auth === "admin" ? admin : owner;
		for (const value of wrong) {
			const text = typeof value === "string" ? value.slice(0, 2000) : JSON.stringify(value);
			const query = names.map((name) => `${name}=${encodeURIComponent(text)}`).join("&");
			const url = path.replace(/:\w+/, () => encodeURIComponent(text) || "-");
			// the query alone and the body alone, and both sides of what is required
			const bodies = [{}, { room: "r", pushData: {}, id: `${KEY}#u#web-u`, targetRoom: "r",
				sourceRooms: ["r"], type: "join", namespace: "/nobody" }];
			const calls = bodies.map((some) => Object.fromEntries(names.map((name) =>
				[name, name in some ? some[name] : value])));
			const asked = method === "GET" ? [await send(method, `${url}?${query.slice(0, 6000)}`, headers,
				undefined, undescribed)]
				: await Promise.all(calls.map((body) => send(method, url, { ...headers,
					"content-type": "application/json" }, JSON.stringify(body), undescribed)));
			for (const { status, text: answer } of asked)
				assert.ok(status < 500, `${status} ${answer} for ${JSON.stringify(value).slice(0, 80)}`);
		}
	});
}

row("malformed values", "no 5xx: namespace settings", async () => {
	const rest = await stack.namespace("/rest-settings");
	for (const value of wrong) {
		for (const name of names.filter((one) => one !== "auth_passwd" && one !== "offline")) {
			const { status, text } = await rest.send("POST", "/api/auth/namespace/save",
				{ [name]: value }, undescribed);
			assert.ok(status < 500, `${status} ${text} for ${name}: ${JSON.stringify(value).slice(0, 80)}`);
		}
	}
	for (const text of [Buffer.from("{\"room\":\"\xff\"}", "latin1"), "room=%ff&pushData[a]=%c3", "%", "=&=&[]=1"]) {
		for (const type of ["application/json", "application/x-www-form-urlencoded", "text/xml", "\\"]) {
			const answer = await send("POST", PUSH, { ...owner, "content-type": type }, text, undescribed);
			assert.ok(answer.status < 500, `${type}: ${answer.text}`);
		}
	}
});

test(`the operator's port is not behind the web server (${target})`, async () => {
	for (const path of ["/metrics", "/healthz", "/readyz", "/push/metrics"]) {
		const answer = await fetch(`${stack.env.LP_WEB_URL}${path}`);
		assert.ok([403, 404].includes(answer.status), `${path}: ${answer.status}`);
	}
});

test(`the client script is where socket.io 2 servers had it (${target})`, async () => {
	const script = await fetch(`${stack.env.LP_WEB_URL}/push/socket.io/socket.io.js`);
	assert.equal(script.status, 200);
	assert.match(script.headers.get("content-type"), /^text\/javascript/);
	assert.match(await script.text(), /Socket\.IO v4\./);
});
