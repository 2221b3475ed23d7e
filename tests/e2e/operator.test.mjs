// What the administrator sees of the platform as a whole: its programs, its settings, its metrics.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, test } from "node:test";

import { connectClient } from "./lib/client.mjs";
import { samples } from "./lib/metrics.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/operator";

let stack;
const clients = [];

const overview = () => stack.admin.get("/api/admin/overview");

const connect = async (userid, n) => {
	const client = await connectClient(stack.connector(n),
		{ version: "4.8.4", namespace: NAMESPACE, identity: { uuid: `of-${userid}`, userid } });
	clients.push(client);
	return client;
};

before(async () => {
	stack = await startStack({ connectors: 2,
		set: { redis_timeout: "5s", max_body: "2MB" } });
	await stack.namespace(NAMESPACE);
});

after(async () => {
	for (const client of clients)
		client.close();
	await stack?.stop();
});

test("the overview shows every connector and worker, Redis and the totals", async () => {
	for (const [userid, n] of [["ann", 1], ["ann-2", 1], ["bob", 2]])
		await (await connect(userid, n)).join("r");
	const all = await until("all have told of themselves", async () => {
		const seen = await overview();
		const counts = seen.connectors.map((one) => one.clients);
		const read = seen.connectors.every(({ lag }) => lag === 0);
		return `${counts}` === "2,1" && seen.workers.length === 1 && read && seen;
	});
	assert.deepEqual(all.connectors.map(({ id }) => id), ["1", "2"]);
	for (const [i, one] of all.connectors.entries()) {
		assert.equal(one.pid, stack.pid(`connector-${i + 1}`));
		assert.equal(one.state, "serving");
		assert.equal(one.stale, false);
		assert.match(one.owner, new RegExp(`^${one.id}\\.\\d+$`));
		assert.equal(`http://127.0.0.1:${one.metrics_port}`, stack.probe(`connector-${i + 1}`));
		assert.ok(one.age < 60_000 && one.uptime > 0);
	}
	assert.equal(all.workers[0].pid, stack.pid("worker-1"));
	assert.deepEqual(all.totals, { namespaces: 2, clients: 3, users: 3, rooms: 1 }); // and /demo
	assert.match(all.redis.version, /^\d+\.\d+/);
	assert.equal(all.redis.persistence, "aof");
	assert.equal(all.redis.ok, true);
	assert.deepEqual(all.archive, { state: "off", kind: "off", waiting: 0, lag: 0, changed: 0, lost: 0 });
	assert.ok(all.redis.memory > 100_000);
	assert.match(all.version, /^\d+\.\d+/);
});

test("a program that stands still is shown as stale, one that ended not at all", async () => {
	process.kill(stack.pid("connector-2"), "SIGSTOP");
	try {
		await until("connector 2 is stale", async () =>
			(await overview()).connectors.some(({ id, stale }) => id === "2" && stale), 40_000);
	} finally {
		process.kill(stack.pid("connector-2"), "SIGCONT");
	}
	await until("it is back, with its client", async () => {
		const { connectors, totals } = await overview();
		return totals.clients === 3 && connectors.every(({ stale, lag }) => !stale && lag === 0);
	});
	assert.equal(await stack.terminate("worker-1"), 0);
	await until("the worker is gone", async () => (await overview()).workers.length === 0, 20_000);
	await stack.restart("worker-1");
	await until("the worker is there", async () => (await overview()).workers.length === 1, 20_000);
});

test("the settings come with their origin, secrets without their value", async () => {
	const answer = await stack.admin.send("GET", "/api/admin/settings");
	const by = new Map(answer.json.list.map((one) => [one.name, one]));
	assert.deepEqual([by.get("max_body").value, by.get("max_body").origin, by.get("max_body").default],
		["2MB", "command line", "1MB"]);
	assert.equal(by.get("redis_address").origin, "file");
	assert.equal(by.get("log_level").origin, "default");
	assert.deepEqual([by.get("admin_passwd").value, by.get("admin_passwd").secret], [true, true]);
	assert.deepEqual([by.get("redis_password").value, by.get("redis_password").secret], [false, true]);
	assert.ok(!answer.text.includes(stack.env.LP_ADMIN_PASSWORD), "a password is shown");
});

test("promtool takes the metrics of the platform", async () => {
	const answer = await stack.admin.send("GET", "/api/admin/metrics");
	assert.equal(answer.status, 200);
	const checked = spawnSync("promtool", ["check", "metrics"], { input: answer.text, encoding: "utf8" });
	assert.equal(checked.status, 0, `${checked.error ?? ""}${checked.stdout}${checked.stderr}`);
	const found = samples(answer.text);
	assert.equal(found.get("light_push_platform_connectors"), 2);
	assert.equal(found.get("light_push_platform_workers"), 1);
	assert.equal(found.get("light_push_platform_namespaces"), 2);
	assert.equal(found.get("light_push_platform_clients"), 3);
	assert.equal(found.get('light_push_platform_inbox_lag_entries{connector="1"}'), 0);
	assert.equal(found.get('light_push_platform_queue_entries{queue="callbacks"}'), 0);
	assert.equal(found.get("light_push_platform_redis_ok"), 1);
});

test("none of it is for others", async () => {
	const owner = stack.rest(NAMESPACE, `password of ${NAMESPACE}`);
	for (const what of ["overview", "settings", "metrics"]) {
		assert.equal((await owner.send("GET", `/api/admin/${what}`)).status, 401, what);
		assert.equal((await stack.admin.send("POST", `/api/admin/${what}`, {})).status, 405, what);
	}
});

test("without Redis there is no overview, and the settings are there", async () => {
	stack.killed.add("redis");
	process.kill(stack.pid("redis"), "SIGKILL");
	await until("the overview fails", async () =>
		(await stack.admin.send("GET", "/api/admin/overview")).status === 503, 20_000);
	assert.equal((await stack.admin.send("GET", "/api/admin/metrics")).status, 503);
	assert.equal((await stack.admin.send("GET", "/api/admin/settings")).status, 200);
	await stack.restart("redis");
	await until("all tell of themselves again", async () => {
		const seen = await overview();
		return seen.connectors.length === 2 && seen.workers.length === 1;
	}, 20_000);
});
