// The operator's port of connectors and workers: metrics that Prometheus takes, that count what
// happens, and probes that tell when a program can not do its work.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import net from "node:net";
import { after, before, test } from "node:test";

import { connectClient } from "./lib/client.mjs";
import { samples } from "./lib/metrics.mjs";
import { startStack } from "./lib/stack.mjs";
import { until, within } from "./lib/wait.mjs";

const PARTS = ["connector-1", "connector-2", "worker-1"];
const NAMESPACE = "/metrics";

let stack;
let owner;
const clients = [];

const probe = async (part, path) => {
	const answer = await fetch(`${stack.probe(part)}${path}`, { signal: AbortSignal.timeout(10_000) });
	return { status: answer.status, text: await answer.text() };
};

const scrape = async (part) => samples((await probe(part, "/metrics")).text);

// Of one metric, over both connectors.
const sum = async (name) => {
	const all = await Promise.all(["connector-1", "connector-2"].map(scrape));
	return all.reduce((total, found) => total + (found.get(`light_push_${name}`) ?? 0), 0);
};

const connect = async (userid, namespace = NAMESPACE) => {
	const client = await connectClient(stack.socket(clients.length),
		{ version: "4.8.4", namespace, identity: { uuid: `of-${userid}`, userid } });
	clients.push(client);
	return client;
};

before(async () => {
	stack = await startStack({ connectors: 2, set: { metrics_namespaces: "1", redis_timeout: "5s" } });
	owner = await stack.namespace(NAMESPACE);
});

after(async () => {
	for (const client of clients)
		client.close();
	await stack?.stop();
});

for (const part of PARTS) {
	test(`promtool takes the metrics of ${part}`, async () => {
		const { status, text } = await probe(part, "/metrics");
		assert.equal(status, 200);
		const checked = spawnSync("promtool", ["check", "metrics"], { input: text, encoding: "utf8" });
		assert.equal(checked.status, 0, `${checked.error ?? ""}${checked.stdout}${checked.stderr}`);
		const program = part.split("-")[0];
		assert.match(text, new RegExp(`light_push_build_info\\{program="${program}",version="\\d`));
	});

	test(`${part} is alive and ready`, async () => {
		assert.deepEqual(await probe(part, "/healthz"), { status: 200, text: "alive\n" });
		assert.deepEqual(await until(`${part} is ready`, async () => {
			const answer = await probe(part, "/readyz");
			return answer.status === 200 && answer;
		}), { status: 200, text: "ready\n" });
		assert.equal((await probe(part, "/")).status, 404);
	});
}

test("clients, deliveries, acks and times are counted", async () => {
	const room = [await connect("metrics-ann"), await connect("metrics-bob")];
	for (const client of room) {
		await client.join("r");
		client.onPush = ({ id }) => client.socket.emit("ackPush", { id });
	}
	for (let n = 0; n < 5; n++)
		await owner.push("r", { n });
	await until("all is acknowledged", async () => await sum("acks_total") === 10, 10_000);
	assert.equal(await sum("deliveries_total"), 10);
	assert.equal(await sum("pushes_total"), 10); // on each of two connectors
	assert.equal(await sum("clients"), 2);
	assert.equal(await sum("push_to_ack_seconds_count"), 10);
	assert.equal(await sum("push_delay_seconds_count"), 10);
	assert.ok(await sum("redis_latency_seconds_count") > 0);
	const spent = await sum("push_to_ack_seconds_sum");
	assert.ok(spent >= 0 && spent < 600, `${spent} s`);
	assert.equal(await sum(`namespace_clients{namespace="${NAMESPACE}"}`), 2);
	const { text } = await probe("connector-1", "/metrics");
	assert.doesNotMatch(text, /metrics-ann|metrics-bob/, "a user's id is in the metrics");
});

test("namespaces beyond metrics_namespaces are added up", async () => {
	for (const name of ["/small-1", "/small-2"]) {
		await stack.namespace(name);
		for (let i = 0; i < 2; i++) // one on each connector
			await connect(`u${i}`, name);
	}
	await connect("more");
	await connect("more-2");
	const found = [...await scrape("connector-1")].filter(([key]) => key.includes("namespace="));
	assert.deepEqual(found, [[`light_push_namespace_clients{namespace="${NAMESPACE}"}`, 2],
		['light_push_namespace_clients{namespace="other"}', 2]]);
});

test("a client that is dropped is counted by the reason", async () => {
	const before = await sum('clients_left_total{reason="client"}');
	(await connect("goes")).close();
	await until("it is counted", async () =>
		await sum('clients_left_total{reason="client"}') +
		await sum('clients_left_total{reason="transport"}') > before);
});

// Sends text to the port; resolves with what came until it was closed.
const talk = (part, text) => new Promise((resolve, reject) => {
	const { hostname, port } = new URL(stack.probe(part));
	let got = "";
	const socket = net.connect(Number(port), hostname, () => socket.write(text));
	socket.on("data", (data) => { got += data; });
	socket.on("close", () => resolve(got));
	socket.on("error", (error) => (error.code === "ECONNRESET" || error.code === "EPIPE"
		? resolve(got) : reject(error)));
});

const rude = [
	["another method", "POST /metrics HTTP/1.1\r\n\r\n", /^HTTP\/1.1 405 /],
	["no method", "\r\n\r\n", /^HTTP\/1.1 405 /],
	["no path", "GET\r\n\r\n", /^HTTP\/1.1 40[45] /],
	["a path that is too long", `GET /${"x".repeat(5000)}`, /^$/],
	["an unknown path", "GET /metricsx HTTP/1.1\r\n\r\n", /^HTTP\/1.1 404 /],
	["HEAD", "HEAD /metrics HTTP/1.1\r\n\r\n", /^HTTP\/1.1 200 [^]*\r\n\r\n$/],
	["nothing", "", /^$/],
];

for (const [what, text, answer] of rude) {
	test(`the port bears ${what}`, async () => {
		assert.match(await within(20_000, "end of the connection", talk("connector-1", text)), answer);
	});
}

test("more connections than the port takes are closed, and it goes on after that", async () => {
	const { hostname, port } = new URL(stack.probe("worker-1"));
	const idle = Array.from({ length: 40 }, () => net.connect(Number(port), hostname));
	const ends = idle.map((socket) => new Promise((resolve) => {
		socket.on("error", () => {});
		socket.on("close", resolve);
		socket.resume();
	}));
	// those beyond the limit at once, the others when their time is over
	try {
		await within(30_000, "end of the idle connections", Promise.all(ends));
	} finally {
		for (const socket of idle)
			socket.destroy();
	}
	assert.equal((await probe("worker-1", "/healthz")).status, 200);
});

test("a connector that stops is alive but not ready", async () => {
	// Redis stands still, so that the connector has to wait for it.
	process.kill(stack.pid("redis"), "SIGSTOP");
	try {
		process.kill(stack.pid("connector-2"), "SIGTERM");
		await until("it says so", async () => {
			const answer = await probe("connector-2", "/readyz");
			return answer.status === 503 && answer.text === "stopping\n";
		}, 4000);
		assert.equal((await probe("connector-2", "/healthz")).status, 200);
	} finally {
		process.kill(stack.pid("redis"), "SIGCONT");
	}
	await until("it ends", async () => /^ended/.test(await stack.status("connector-2")), 20_000);
	await stack.restart("connector-2");
});

test("without Redis programs are alive but not ready, and ready again with it", async () => {
	stack.killed.add("redis");
	process.kill(stack.pid("redis"), "SIGKILL");
	for (const part of PARTS) {
		await until(`${part} is not ready`, async () => {
			const answer = await probe(part, "/readyz");
			return answer.status === 503 && answer.text === "redis is away\n";
		}, 20_000);
		assert.equal((await probe(part, "/healthz")).status, 200);
		assert.equal((await scrape(part)).get("light_push_redis_up"), 0);
	}
	await stack.restart("redis");
	for (const part of PARTS)
		await until(`${part} is ready`, async () => (await probe(part, "/readyz")).status === 200, 20_000);
});
