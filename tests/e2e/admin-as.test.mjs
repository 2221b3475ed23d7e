// The administrator in the name of a namespace: /api/admin/as/:key/<path> is /api/auth/<path>.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { basic, request } from "./lib/rest.mjs";
import { startStack } from "./lib/stack.mjs";

const ONE = "/as-one";
const OTHER = "/as-other";

let stack;
let owner;

before(async () => {
	stack = await startStack({ connectors: 1 });
	owner = await stack.namespace(ONE);
	await stack.namespace(OTHER);
});

after(() => stack?.stop());

const as = (key, path) => `/api/admin/as/${encodeURIComponent(key)}${path}`;

test("only the administrator may, and only for a namespace that is there", async () => {
	const { LP_ADMIN_USER: user, LP_ADMIN_PASSWORD: password } = stack.env;
	const rows = [
		[as(ONE, "/login"), basic(user, password), 200],
		["/api/admin/as/as-one/login", basic(user, password), 200],
		[as(ONE, "/login"), basic(user, "wrong"), 401, "auth_error"],
		[as(ONE, "/login"), basic(ONE, `password of ${ONE}`), 401, "auth_error"],
		[as(ONE, "/login"), undefined, 400, "need_authorization"],
		[as("/as-nobody", "/login"), basic(user, password), 400, "namespace_not_found"],
		[as("/a b", "/login"), basic(user, password), 400, "namespace_not_found"],
		[as(ONE, "/nothing"), basic(user, password), 404, "not_found"],
		[as(ONE, ""), basic(user, password), 404, "not_found"],
		[as(ONE, "/as/x/login"), basic(user, password), 404, "not_found"],
		["/api/admin/as", basic(user, password), 404, "not_found"],
		// The program of the namespaces does not know it at all.
		["/api/auth/as/as-one/login", basic(user, password), 404, "not_found"],
	];
	for (const [path, authorization, status, error] of rows) {
		const headers = authorization ? { authorization } : {};
		const answer = await request(stack.env.LP_WEB_URL, "POST", path,
			{ headers, body: {}, described: status === 200 });
		assert.equal(answer.status, status, path);
		assert.equal(answer.json.error, error, path);
	}
});

test("what it does is done in that namespace and no other", async () => {
	const { id } = await stack.admin.post(as(ONE, "/push"), { room: "r", pushData: { a: 1 } });
	assert.equal((await owner.get(`/api/auth/report/push/${id}`)).namespace, ONE);
	assert.deepEqual(await stack.admin.get(as(OTHER, "/report/push")), []);
	assert.equal((await stack.admin.get(as(ONE, "/namespace"))).key, ONE);
});

test("the password of the namespace does not matter, and limits may be set", async () => {
	await stack.admin.post(as(ONE, "/namespace/save"), { auth_passwd: "another", limit_clients: 7 });
	assert.equal((await stack.admin.get(as(ONE, "/namespace"))).limit_clients, 7);
	const { id } = await stack.admin.post(as(ONE, "/push"), { room: "r", pushData: { a: 2 } });
	assert.ok(id > 0);
	assert.equal((await owner.send("GET", "/api/auth/namespace")).status, 401);
});

test("a namespace that is offline takes no push from the administrator either", async () => {
	await stack.admin.post(as(OTHER, "/namespace/save"), { offline: "on" });
	const answer = await stack.admin.send("POST", as(OTHER, "/push"), { room: "r", pushData: { a: 1 } });
	assert.equal(answer.status, 400);
	assert.equal(answer.json.error, "namespace_offline");
});
