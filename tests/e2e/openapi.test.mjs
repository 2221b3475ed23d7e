// docs/openapi.yaml against the sources: it describes every endpoint and every error, and no other.
// That requests and answers are as it says is seen by all other tests (lib/rest.mjs).

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { api, faults, operations } from "./lib/openapi.mjs";

const source = (name) => readFileSync(new URL(`../../fcgi-api/${name}`, import.meta.url), "utf8");

// The rows of routes.c: "GET /path/{id}" -> its AUTH_ level.
const rows = new Map([...source("routes.c").matchAll(/\{API_(\w+),\s*"([^"]+)",\s*AUTH_(\w+)/g)]
	.map(([, method, path, auth]) => [`${method} ${path.replace(/:(\w+)/g, "{$1}")}`, auth]));
const described = new Map(operations.map((one) =>
	[`${one.method.toUpperCase()} ${one.path}`, one.op]));

test("every endpoint is described, and no other", () => {
	assert.ok(rows.size > 20, "the table was not understood");
	assert.deepEqual([...described.keys()].sort(), [...rows.keys()].sort());
});

test("who may ask is described", () => {
	for (const [name, op] of described) {
		const schemes = op.security.flatMap((one) => Object.keys(one));
		const auth = rows.get(name);
		if (auth === "NONE")
			assert.deepEqual(schemes, [], name);
		else
			assert.ok(schemes.includes(auth === "ADMIN" ? "administrator" : "namespace"), name);
	}
});

test("every error is described, and no other", () => {
	const slugs = [...source("api_error.c").matchAll(/\d{3},\s*"(\w+)"/g)].map(([, slug]) => slug);
	assert.ok(slugs.length > 20, "the table was not understood");
	assert.deepEqual([...api.components.schemas.Slug.enum].sort(), [...new Set(slugs)].sort());
});

test("names of operations are unique", () => {
	const names = [...described.values()].map((op) => op.operationId);
	assert.equal(new Set(names).size, names.length);
	assert.ok(names.every(Boolean));
});

// The check itself: what it must not let pass.
const ours = { from: "light-push", "content-type": "application/json; charset=utf-8" };
const answer = (status, json) => ({ status, headers: ours, text: JSON.stringify(json), json });
const json = (body) => ({ headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
const push = json({ room: "r", pushData: {} });
const wrong = [
	["a field too many", "POST", "/api/auth/push", push, answer(200, { id: 1, more: 1 })],
	["a field of another type", "POST", "/api/auth/push", push, answer(200, { id: "1" })],
	["a field too few", "POST", "/api/auth/push", push, answer(200, {})],
	["an unknown status", "POST", "/api/auth/push", push, answer(418, {})],
	["an unknown error", "POST", "/api/auth/push", push,
		answer(400, { code: 9999, msg: "x", error: "new" })],
	["an unknown path", "GET", "/api/auth/new", { headers: {} }, answer(200, {})],
	["an unknown method", "GET", "/api/auth/push", { headers: {} }, answer(200, { id: 1 })],
	["an unknown parameter", "GET", "/api/auth/report/push?new=1", { headers: {} }, answer(200, [])],
	["an unknown field sent", "POST", "/api/auth/push", json({ room: "r", pushData: {}, new: 1 }),
		answer(200, { id: 1 })],
];

test("what is described passes", () => {
	assert.deepEqual(faults("POST", "/api/auth/push", push, answer(200, { id: 1 })), []);
});

for (const [what, method, path, sent, got] of wrong) {
	test(`${what} does not pass`, () => {
		assert.notDeepEqual(faults(method, path, sent, got), []);
	});
}
