// light-push-ctl against a whole platform: what its verbs do, print, and end with.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { after, before, test } from "node:test";

import { connectClient } from "./lib/client.mjs";
import { request } from "./lib/rest.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/ctl";

let stack;
let owner;
const clients = [];

// Runs it. The result: { status, stdout, stderr, json }.
const ctl = (args, input = "") => new Promise((resolve, reject) => {
	const build = process.env.LP_BUILD ?? path.join(stack.dir, "build");
	const child = spawn(path.join(build, "light-push-ctl"),
		["--config", path.join(stack.dir, "run", "light-push.conf"),
			"--set", "redis_timeout=5s", "--set", "archive=off", ...args]);
	const got = { stdout: "", stderr: "" };
	for (const name of ["stdout", "stderr"])
		child[name].on("data", (data) => { got[name] += data; });
	child.on("error", reject);
	child.on("close", (status) => {
		let json;
		try {
			json = JSON.parse(got.stdout);
		} catch {
			json = undefined;
		}
		resolve({ ...got, status, json });
	});
	child.stdin.on("error", () => {}); // it need not read
	child.stdin.end(input);
});

// The JSON of a verb that is to succeed.
const good = async (args, input) => {
	const { status, json, stdout, stderr } = await ctl(["--json", ...args], input);
	assert.equal(status, 0, `${args}: ${stdout}${stderr}`);
	assert.ok(json, `${args}: no JSON: ${stdout}`);
	return json;
};

const connect = async (userid, rooms = []) => {
	const client = await connectClient(stack.connector(1 + (clients.length % 2)),
		{ version: "4.8.4", namespace: NAMESPACE, identity: { uuid: `of-${userid}`, userid } });
	clients.push(client);
	client.id = `${NAMESPACE}#${userid}#web-of-${userid}`;
	for (const room of rooms)
		await client.join(room);
	return client;
};

before(async () => {
	stack = await startStack({ connectors: 2 });
	owner = await stack.namespace(NAMESPACE);
});

after(async () => {
	for (const client of clients)
		client.close();
	await stack?.stop();
});

test("check-config, default-config", async () => {
	assert.equal((await ctl(["check-config"])).stdout, "configuration ok\n");
	assert.deepEqual(await good(["check-config"]), {});
	const wrong = await ctl(["--set", "max_body=x", "check-config", "--json"]);
	assert.deepEqual([wrong.status, wrong.json.error], [2, "settings_invalid"]);
	assert.match(wrong.json.msg, /max_body/);
	const text = (await ctl(["default-config"])).stdout;
	assert.match(text, /^#max_body = 1MB$/m);
	const { list } = await good(["default-config"]);
	assert.equal(list.find(({ name }) => name === "max_body").value, "1MB");
});

test("status: every connector and worker", async () => {
	await connect("ann", ["r"]);
	const all = await until("all have told of themselves", async () => {
		const { json } = await ctl(["--json", "status"]);
		return json.connectors.length === 2 && json.workers.length === 1 &&
			json.connectors[0].clients === 1 && json;
	}, 20_000);
	assert.deepEqual(all, { ...all, ...await stack.admin.get("/api/admin/overview").then(
		({ version, totals }) => ({ version, totals })) });
	const { status, stdout } = await ctl(["status"]);
	assert.equal(status, 0);
	assert.match(stdout, /^1 +\S+ +\d+ +serving +.* 1 +\d+ +0 +\d/m);
	assert.match(stdout, /^Redis \d.* persistence aof, ok$/m);
	assert.match(stdout, /^2 namespaces, 1 clients of 1 users, 1 rooms$/m);
});

test("status: exit status 4 when a program is missing", async () => {
	await stack.terminate("worker-1");
	await until("the worker is missed", async () => (await ctl(["status"])).status === 4, 20_000);
	const doctor = await ctl(["--json", "doctor"]);
	assert.equal(doctor.status, 4);
	assert.deepEqual(doctor.json.list.filter(({ level }) => level === "error")
		.map(({ check }) => check), ["worker"]);
	await stack.restart("worker-1");
	await until("it is there", async () => (await ctl(["status"])).status === 0, 20_000);
});

test("status, doctor: exit status 4 while the archive takes nothing", async () => {
	const name = "worker/keeper@elsewhere";
	const look = async (verb) => ctl(["--json", "--set", "archive=sqlite:/nowhere/archive.db", verb]);
	const found = ({ json }) => json.list.filter(({ check }) => check === "archive").map(({ level }) => level);
	const archive = async (away) => {
		await stack.redis("HSET", `lp:state:${name}`, "program", "worker", "id", "keeper", "host", "elsewhere",
			"version", (await good(["status"])).version, "time", Date.now(), "started", Date.now(), "archived", 1, "archive_away", away);
		await stack.redis("ZADD", "lp:states", Date.now(), name);
		const { status, json } = await look("status");
		const doctor = await look("doctor");
		return [json.archive.state, status, found(doctor), doctor.status];
	};
	const none = await look("status");
	assert.deepEqual([none.json.archive.state, none.status], ["no_worker", 4]);
	assert.deepEqual(found(await look("doctor")), ["error"]);
	assert.deepEqual(await archive(0), ["ok", 0, ["ok"], 0]);
	assert.deepEqual(await archive(1), ["away", 4, ["error"], 4]);
	await stack.redis("ZREM", "lp:states", name);
	await stack.redis("DEL", `lp:state:${name}`);
	assert.equal((await ctl(["status"])).status, 0);
});

test("namespaces, namespace add, namespace passwd", async () => {
	assert.deepEqual(await good(["namespace", "add", "made", "--name", "Made"], "first\n"),
		{ key: "/made" });
	await stack.rest("/made", "first").post("/api/auth/login", {});
	const again = await ctl(["--json", "namespace", "add", "/made"], "other\n");
	assert.deepEqual([again.status, again.json.error], [1, "namespace_exists"]);
	await stack.rest("/made", "first").post("/api/auth/login", {});

	const { password } = await good(["namespace", "passwd", "/made", "--generate"]);
	assert.match(password, /^[0-9a-f]{36}$/);
	await stack.rest("/made", password).post("/api/auth/login", {});
	assert.equal((await stack.rest("/made", "first").send("POST", "/api/auth/login", {})).status, 401);

	const { list } = await good(["namespaces", "--key", "made"]);
	assert.deepEqual([list.length, list[0].key, list[0].name], [1, "/made", "Made"]);
	assert.match((await ctl(["namespaces"])).stdout, /^\/made +Made +off +0/m);

	for (const [args, input, status, error] of [
		[["namespace", "add", "no password"], "", 2, "password_missing"],
		[["namespace", "add", "a b"], "x\n", 1, "namespace_invalid"],
		[["namespace", "passwd", "/nobody"], "x\n", 1, "namespace_not_found"],
	]) {
		const answer = await ctl(["--json", ...args], input);
		assert.deepEqual([answer.status, answer.json.error], [status, error], `${args}`);
	}
});

test("a password that is typed is not shown", async () => {
	const build = process.env.LP_BUILD ?? path.join(stack.dir, "build");
	const command = `'${build}/light-push-ctl' --config '${stack.dir}/run/light-push.conf' namespace add /typed`;
	const child = spawn("script", ["-qfec", command, "/dev/null"]); // on a terminal of its own
	let shown = "";
	child.stdout.on("data", (data) => {
		shown += data;
		if (shown === "password: ")
			child.stdin.write("hidden\n");
	});
	const [status] = await once(child, "close");
	assert.deepEqual([status, shown], [0, "password: \r\n"]);
	await stack.rest("/typed", "hidden").post("/api/auth/login", {});
});

test("namespace passwd --second: two passwords", async () => {
	await good(["namespace", "add", "/two"], "first\n");
	const login = async (password) => (await stack.rest("/two", password).send("POST", "/api/auth/login", {})).status;
	const { password } = await good(["namespace", "passwd", "two", "--second", "--generate"]);
	assert.deepEqual([await login("first"), await login(password)], [200, 200]);
	assert.deepEqual(await good(["namespace", "passwd", "two"], `${password}\n`), { key: "/two" });
	assert.deepEqual(await good(["namespace", "passwd", "two", "--second"], "third\n"), { key: "/two" });
	assert.deepEqual([await login("first"), await login(password), await login("third")], [401, 200, 200]);
	assert.deepEqual(await good(["namespace", "passwd", "two", "--second", "--remove"]), {});
	assert.deepEqual([await login(password), await login("third")], [200, 401]);
	for (const args of [["--remove"], ["--second", "--remove", "--generate"]]) {
		const answer = await ctl(["--json", "namespace", "passwd", "two", ...args]);
		assert.deepEqual([answer.status, answer.json.error], [2, "option_invalid"], `${args}`);
	}
});

test("tokens, token add, token revoke", async () => {
	const call = (token, method, path, body) => request(stack.env.LP_WEB_URL, method, path,
		{ headers: { authorization: `Bearer ${token}` }, body });
	const push = async (token) => (await call(token, "POST", "/api/auth/push", { room: "r", pushData: {} })).status;
	const { id, token } = await good(["token", "add", "ctl", "the order service"]);
	assert.equal(await push(token), 200);
	assert.equal((await call(token, "GET", "/api/auth/rooms")).status, 403);
	const { status, stdout } = await ctl(["token", "add", "/ctl", "reports", "--scope", "read"]);
	assert.equal(status, 0);
	assert.equal((await call(stdout.trim(), "GET", "/api/auth/rooms")).status, 200);

	const { list } = await good(["tokens", "ctl"]);
	assert.deepEqual(list, (await owner.get("/api/auth/token")).list);
	assert.deepEqual(list.map(({ name, scope }) => [name, scope]),
		[["the order service", "push"], ["reports", "read"]]);
	await good(["token", "add", "ctl", "unused"]);
	const text = (await ctl(["tokens", "ctl"])).stdout;
	assert.match(text, new RegExp(`^${id} +push +the order service +20\\S+ +20\\S+$`, "m"));
	assert.match(text, /^\S{12} +push +unused +20\S+ +-$/m);

	assert.deepEqual(await good(["token", "revoke", "ctl", id]), {});
	assert.equal(await push(token), 401);
	for (const [args, error] of [
		[["token", "revoke", "ctl", id], "token_not_found"],
		[["token", "revoke", "ctl", "nonsense"], "token_not_found"],
		[["token", "add", "ctl", "n", "--scope", "root"], "param_invalid"],
		[["token", "add", "ctl", "x".repeat(101)], "param_invalid"],
		[["token", "add", "/nobody", "n"], "namespace_not_found"],
		[["tokens", "/nobody"], "namespace_not_found"],
	]) {
		const answer = await ctl(["--json", ...args]);
		assert.deepEqual([answer.status, answer.json.error], [1, error], `${args}`);
	}
});

test("rooms, clients", async () => {
	for (const userid of ["dora", "emil", "fay"])
		await connect(userid, ["listed"]);
	const { list, cursor } = await good(["rooms", "ctl", "--size", "1000"]);
	assert.equal(cursor, null);
	assert.deepEqual(list.find(({ name }) => name === "listed"),
		{ name: "listed", clientCount: 3, userCount: 3 });
	const seen = [];
	let next = null;
	do {
		const page = await good(["clients", "ctl", "--room", "listed", "--size", "1",
			...(next ? ["--cursor", next] : [])]);
		seen.push(...page.list.map((one) => one.userid));
		next = page.cursor;
	} while (next);
	assert.deepEqual([...new Set(seen)].sort(), ["dora", "emil", "fay"]);
	const one = await good(["clients", "ctl", "--user", "emil"]);
	assert.deepEqual(one.list.map(({ id }) => id), [`${NAMESPACE}#emil#web-of-emil`]);
	assert.match((await ctl(["rooms", "ctl"])).stdout, /^listed +3 +3$/m);
	assert.match((await ctl(["clients", "ctl"])).stdout, /^\/ctl#dora#web-of-dora +[12] /m);
	const wrong = await ctl(["--json", "clients", "ctl", "--cursor", "nonsense"]);
	assert.equal(wrong.status, 1);
});

test("push, trace", async () => {
	const bob = await connect("bob", ["news"]);
	bob.onPush = ({ id }) => bob.socket.emit("ackPush", { id });
	const { id } = await good(["push", "ctl", "news", '{"text":"héllo","n":1.50}']);
	await until("bob gets it", () => bob.pushes.length === 1, 10_000);
	assert.deepEqual(bob.pushes[0].pushData, { text: "héllo", n: 1.5 });
	const { record, timeline } = await until("the ack is there", async () => {
		const trace = await good(["trace", NAMESPACE, `${id}`]);
		return trace.record.ackCount === "1" && trace;
	}, 10_000);
	assert.equal(record.room, "news");
	assert.equal(record.onlineClientCount, "1");
	assert.deepEqual(record.ackWebDetail, [bob.id]);
	assert.equal(timeline[0].event, "accepted");
	const { stdout } = await ctl(["trace", NAMESPACE, `${id}`]);
	assert.match(stdout, /^\S+ +accepted +room=news$/m);
	assert.equal(stdout.match(/^ackWebDetail +(.*)$/m)[1], `["${bob.id}"]`);

	for (const [args, status, error] of [
		[["push", NAMESPACE, "news", "text"], 2, "push_data_invalid"],
		[["push", NAMESPACE, "news", "17"], 1, "push_data_invalid"],
		[["push", NAMESPACE, "a b", "{}"], 1, "room_invalid"],
		[["push", NAMESPACE, "news", "{}", "--expire", "1000"], 1, "expire_invalid"],
		[["push", "/nobody", "news", "{}"], 1, "namespace_not_found"],
		[["trace", NAMESPACE, "999999"], 1, "message_not_found"],
		[["trace", NAMESPACE, "x"], 1, "message_not_found"],
	]) {
		const answer = await ctl(["--json", ...args]);
		assert.deepEqual([answer.status, answer.json?.error], [status, error], `${args}`);
	}
});

test("kick", async () => {
	const carl = await connect("carl", ["kicked"]);
	const told = new Promise((resolve) => carl.socket.once("kicked", resolve));
	assert.deepEqual(await good(["kick", NAMESPACE, "--user", "carl", "--reason", "over"]),
		{ disconnected: 1 });
	assert.equal((await told).reason, "over");
	await until("carl is gone", () => carl.lost.length === 1, 10_000);
	const nobody = await ctl(["kick", NAMESPACE, "--json"]);
	assert.equal(nobody.status, 1);
	assert.equal(nobody.json.code, 9999);
});

test("doctor: a hint for each finding", async () => {
	const healthy = await ctl(["--json", "doctor", "--url", stack.env.LP_WEB_URL]);
	assert.equal(healthy.status, 0, healthy.stdout);
	const checks = new Map(healthy.json.list.map((one) => [one.check, one]));
	for (const check of ["redis-version", "redis-persistence", "redis-eviction", "redis-memory",
		"redis-connections", "clock", "connector", "worker", "web-server"])
		assert.ok(checks.has(check), check);
	assert.equal(checks.get("redis-persistence").level, "ok");
	assert.equal(checks.get("web-server").level, "ok");

	await stack.redis("CONFIG", "SET", "maxmemory", "1gb");
	await stack.redis("CONFIG", "SET", "maxmemory-policy", "allkeys-lru");
	await stack.redis("CONFIG", "SET", "appendonly", "no");
	const sick = await ctl(["--json", "doctor", "--url", "http://127.0.0.1:9"]);
	await stack.redis("CONFIG", "SET", "appendonly", "yes");
	await stack.redis("CONFIG", "SET", "maxmemory-policy", "noeviction");
	assert.equal(sick.status, 4);
	const found = sick.json.list.filter(({ level }) => level === "error").map(({ check }) => check);
	assert.deepEqual(found.filter((check) => check !== "redis-persistence"),
		["redis-eviction", "web-server", "web-server"]);
	assert.notEqual(sick.json.list.find(({ check }) => check === "redis-persistence").level, "ok");
	for (const { check, level, hint } of sick.json.list)
		assert.ok(level === "ok" || hint, `${check} without a hint`);
});

test("doctor: certificates, and push providers of namespaces", async () => {
	const run = (await import("node:child_process")).execFileSync;
	const dir = path.join(stack.dir, "run");
	for (const [name, days] of [["soon", "10"], ["later", "300"]])
		run("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
			"-nodes", "-subj", "/CN=x", "-days", days, "-keyout", path.join(dir, `${name}.key`),
			"-out", path.join(dir, `${name}.pem`)], { stdio: "ignore" });
	const { readFileSync } = await import("node:fs");
	const pem = readFileSync(path.join(dir, "soon.pem"), "utf8");
	await stack.redis("HSET", `lp:{${NAMESPACE}}:conf`, "apns_list",
		JSON.stringify([{ name: "app", apns_env: "production", apns_topic: "t", apns_production_cert: pem,
			apns_production_key: readFileSync(path.join(dir, "soon.key"), "utf8") },
		{ name: "broken" }]));
	const { status, json: { list } } = await ctl(["--json", "--set", `tls_cert=${path.join(dir, "later.pem")}`,
		"--set", `tls_key=${path.join(dir, "later.key")}`, "doctor"]);
	await stack.redis("HDEL", `lp:{${NAMESPACE}}:conf`, "apns_list");
	const found = list.filter(({ check }) => check === "certificate");
	assert.deepEqual(found.map(({ level }) => level), ["ok", "warning"]);
	assert.match(found[1].text, /^\/ctl, push provider app expires in (9|10) days$/);
	assert.deepEqual(list.filter(({ check }) => check === "provider").map(({ level }) => level),
		["error"]);
	assert.equal(status, 4);
});

const usage = [
	["no verb", []],
	["an unknown verb", ["nothing"]],
	["half a verb", ["namespace"]],
	["an unknown option", ["status", "--nothing"]],
	["an argument too many", ["status", "x"]],
	["an argument too few", ["push", "x"]],
	["an option without value", ["namespaces", "--key"]],
];

for (const [what, args] of usage) {
	test(`${what}: exit status 2, and one line`, async () => {
		const { status, stdout, stderr } = await ctl(args);
		assert.equal(status, 2);
		assert.equal(stdout, "");
		assert.match(stderr, /^light-push-ctl: .*\n$/);
	});
}

test("--help names every verb", async () => {
	const { status, stdout } = await ctl(["--help"]);
	assert.equal(status, 0);
	for (const verb of ["check-config", "default-config", "status", "namespaces", "namespace add",
		"namespace passwd", "tokens", "token add", "token revoke", "rooms", "clients", "history", "push",
		"kick", "trace", "doctor"])
		assert.match(stdout, new RegExp(`^  ${verb}\\b`, "m"));
});

test("without Redis: exit status 3", async () => {
	const args = ["--json", "--set", "redis_address=127.0.0.1:9"];
	for (const verb of [["status"], ["namespaces"], ["push", "demo", "r", "{}"], ["trace", "demo", "1"],
		["tokens", "demo"], ["token", "add", "demo", "n"]]) {
		const { status, json } = await ctl([...args, ...verb]);
		assert.deepEqual([status, json?.error], [3, "service_unavailable"], `${verb}`);
	}
	// A wrong command line is wrong with or without Redis.
	for (const verb of [["push", "demo"], ["trace"], ["token", "add", "demo"], ["rooms", "demo", "--nosuch"], ["status", "x"]])
		assert.equal((await ctl([...args, ...verb])).status, 2, `${verb}`);
	const doctor = await ctl([...args, "doctor"]);
	assert.deepEqual([doctor.status, doctor.json.list.find(({ check }) => check === "redis").level],
		[4, "error"]);
});
