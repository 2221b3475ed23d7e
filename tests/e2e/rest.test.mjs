// What the REST API answers when something is wrong, through the web server: status, headers and
// the body as the API program made it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { basic, request } from "./lib/rest.mjs";
import { startStack, target } from "./lib/stack.mjs";

const KEY = "/rest";
const PASSWORD = "with:colon";
const PUSH = "/api/auth/push";
const owner = { authorization: basic(KEY, PASSWORD) };
const json = { ...owner, "content-type": "application/json" };
const form = { ...owner, "content-type": "application/x-www-form-urlencoded" };
const good = { room: "r", pushData: { a: 1 } };

let stack;
let admin;
const send = (method, path, headers, body) =>
	request(stack.env.LP_WEB_URL, method, path, { headers, body });

before(async () => {
	stack = await startStack({ connectors: 1 });
	await stack.namespace(KEY, PASSWORD);
	admin = { authorization: basic(stack.env.LP_ADMIN_USER, stack.env.LP_ADMIN_PASSWORD) };
});

after(() => stack?.stop());

// what, method, path, headers, body, status, message (undefined: any)
const errors = [
	["no password", "POST", PUSH, {}, good, 400, "need authorization"],
	["no password", "POST", "/api/admin/login", {}, {}, 400, "need authorization"],
	["unknown namespace", "POST", PUSH, { authorization: basic("/nobody", "x") }, good, 400,
		"namespace not found"],
	["wrong password", "POST", PUSH, { authorization: basic(KEY, "with") }, good, 401, "passwd error"],
	["wrong administrator", "POST", "/api/admin/login", { authorization: basic("admin", "x") }, {},
		401, "auth error"],
	["owner as administrator", "POST", "/api/admin/login", owner, {}, 401, "auth error"],
	["unknown path", "GET", "/api/auth/nothing", owner, undefined, 404],
	["wrong method", "GET", PUSH, owner, undefined, 405],
	["bad JSON", "POST", PUSH, json, "{\"room\":", 400],
	["JSON that is no object", "POST", PUSH, json, "17", 400],
	["deep JSON", "POST", PUSH, json, "[".repeat(100_000), 400],
	["no body", "POST", PUSH, json, "", 400, "room can not be empty"],
	["no room", "POST", PUSH, owner, { pushData: {} }, 400, "room can not be empty"],
	["bad room", "POST", PUSH, owner, { ...good, room: "a b" }, 400, "room invalid"],
	["long room", "POST", PUSH, owner, { ...good, room: "r".repeat(101) }, 400, "room invalid"],
	["room that is no text", "POST", PUSH, owner, { ...good, room: ["r"] }, 400, "room invalid"],
	["no data", "POST", PUSH, owner, { room: "r" }, 400,
		"pushData can not be empty and must be an Object"],
	["data that is no object", "POST", PUSH, owner, { room: "r", pushData: "x" }, 400,
		"pushData can not be empty and must be an Object"],
	["except that is no text", "POST", PUSH, owner, { ...good, except: 1 }, 400,
		"except must be string"],
	["expire of zero", "POST", PUSH, owner, { ...good, expire: 0 }, 400, "expire invalid"],
	["expire too long", "POST", PUSH, owner, { ...good, expire: 11 }, 400, "expire invalid"],
	["too large a body", "POST", PUSH, json, `{"room":"${"r".repeat(1_100_000)}"}`, 413],
	["unknown message", "GET", "/api/auth/report/push/999999", owner, undefined, 400,
		"this id not exists"],
	["page that is no number", "GET", "/api/auth/report/push?page=x", owner, undefined, 400],
];

for (const [what, method, path, headers, body, status, message] of errors) {
	test(`${what}: ${method} ${path} (${target})`, async () => {
		const answer = await send(method, path, headers, body);
		assert.equal(answer.status, status, answer.text);
		assert.match(answer.headers["content-type"], /^application\/json; charset=utf-8$/i);
		assert.equal(answer.json?.code, 9999, answer.text);
		assert.match(answer.json.error, /^[a-z0-9]+(_[a-z0-9]+)*$/);
		assert.equal(answer.json.msg, message ?? answer.json.msg);
		if (status === 405)
			assert.match(answer.headers.allow, /POST/);
	});
}

test(`the program still answers after all that (${target})`, async () => {
	const answer = await send("POST", PUSH, owner, good);
	assert.equal(answer.status, 200, answer.text);
	assert.match(answer.headers["content-type"], /^application\/json; charset=utf-8$/i);
	assert.match(answer.headers["x-response-time"], /^\d+(\.\d+)?ms$/);
	assert.equal(answer.headers.from, "light-push");
	assert.ok(Number.isSafeInteger(answer.json.id));
});

test(`a password may stand without its scheme, or with one in any case (${target})`, async () => {
	const bare = owner.authorization.slice("Basic ".length);
	for (const authorization of [bare, `basic ${bare}`, `BASIC ${bare}`]) {
		const answer = await send("POST", "/api/auth/login", { authorization }, {});
		assert.equal(answer.status, 200, `${authorization}: ${answer.text}`);
		assert.deepEqual(answer.json, {});
	}
});

test(`a form makes an object of pushData[a] (${target})`, async () => {
	const answer = await send("POST", PUSH, form, "room=r&pushData[a]=1&pushData%5Bb%5D=x%20y");
	assert.equal(answer.status, 200, answer.text);
	const record = await send("GET", `/api/auth/report/push/${answer.json.id}`, owner);
	assert.deepEqual(JSON.parse(record.json.pushData), { a: "1", b: "x y" });
});

test(`a body in chunks is read like any other (${target})`, async () => {
	const chunked = { ...json, "transfer-encoding": "chunked" };
	const answer = await send("POST", PUSH, chunked, JSON.stringify(good));
	assert.equal(answer.status, 200, answer.text);
});

test(`OPTIONS needs no password (${target})`, async () => {
	const answer = await send("OPTIONS", PUSH, { origin: "http://a.example" });
	assert.ok([200, 204].includes(answer.status), `${answer.status}`);
	assert.equal(answer.text, "");
	assert.equal(answer.headers["access-control-allow-methods"], "GET, POST");
	assert.match(answer.headers["access-control-allow-headers"], /\bAuthorization\b/);
	assert.equal(answer.headers["access-control-max-age"], "2592000");
});

test(`a %2F belongs to its segment of the path (${target})`, async () => {
	const inside = await send("GET", "/api/auth/report/push/1%2F2", owner);
	assert.equal(inside.status, 400, inside.text);
	assert.equal(inside.json.error, "message_not_found");
	const between = await send("GET", "/api/auth/report/push/1/2", owner);
	assert.equal(between.status, 404, between.text);
});

test(`no endpoint shows a password (${target})`, async () => {
	const own = await send("GET", "/api/auth/namespace", owner);
	const list = await send("GET", "/api/admin/namespace/list?key=rest", admin);
	assert.equal(own.json.key, KEY);
	assert.equal(list.json.list[0].key, KEY);
	for (const { text } of [own, list])
		assert.doesNotMatch(text, /with:colon|pbkdf2/i);
});

test(`/health says hello (${target})`, async () => {
	const answer = await send("GET", "/health", {});
	assert.equal(answer.status, 200);
	assert.equal(answer.text, "hello");
});

test(`the client script is where socket.io 2 servers had it (${target})`, async () => {
	const script = await fetch(`${stack.env.LP_WEB_URL}/push/socket.io/socket.io.js`);
	assert.equal(script.status, 200);
	assert.match(script.headers.get("content-type"), /^text\/javascript/);
	assert.match(await script.text(), /Socket\.IO v4\./);
});
