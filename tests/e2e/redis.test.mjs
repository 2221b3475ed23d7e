// Redis is killed and started again under traffic. Sockets stay; a push that was answered 200
// arrives once; while Redis is away the answer is 503, at once.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { connectClient } from "./lib/client.mjs";
import { row } from "./lib/contract.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/redis";
const ROOM = "r";

let stack;
let owner;
let clients;
const accepted = [];
const refused = [];
let running = true;
let pusher;

// Pushes without a break, one after the other.
async function pushOn() {
	for (let n = 0; running; n++) {
		const answer = await owner.send("POST", "/api/auth/push", { room: ROOM, pushData: { n } });
		if (answer.status === 200)
			accepted.push(answer.json.id);
		else
			refused.push(answer);
	}
}

async function moreAccepted(count) {
	const goal = accepted.length + count;
	await until(`${count} more pushes accepted`, () => accepted.length >= goal, 15_000);
}

before(async () => {
	stack = await startStack({ connectors: 2, set: {} });
	owner = await stack.namespace(NAMESPACE);
	const kinds = [
		[1, "4.8.4", "websocket"], [1, "2.3.0", "polling"],
		[2, "2.3.0", "websocket"], [2, "4.8.4", "polling"],
	];
	clients = await Promise.all(kinds.map(([n, version, transport]) => {
		const identity = { uuid: `c${n}-${transport}` };
		return connectClient(stack.connector(n), { version, transport, namespace: NAMESPACE, identity });
	}));
	await Promise.all(clients.map((client) => client.join(ROOM)));
});

after(async () => {
	running = false;
	await pusher;
	clients?.forEach((client) => client.close());
	await stack?.stop();
});

async function killAndRestart() {
	await moreAccepted(50);
	const before = refused.length;
	await stack.kill("redis");
	await until("5 pushes refused", () => refused.length >= before + 5);
	await stack.restart("redis");
	await moreAccepted(50);
}

test("traffic goes on after each of three kills", async () => {
	pusher = pushOn();
	for (let round = 0; round < 3; round++)
		await killAndRestart();
	running = false;
	await pusher;
});

row("without Redis", "the answer is 503 within a second", () => {
	assert.ok(refused.length >= 15);
	for (const { status, headers, text } of refused) {
		assert.equal(status, 503, text);
		assert.ok(Number(headers["retry-after"]) >= 0, "Retry-After");
	}
	// the machine may hold one up
	const times = refused.map(({ ms }) => ms).sort((a, b) => a - b);
	const most = times[Math.floor(times.length * 0.9)];
	assert.ok(most < 1000 && times.at(-1) < 10_000, `took ${most} ms, and ${times.at(-1)} ms`);
});

test("every push answered 200 arrives once and in order, and no socket was lost", async () => {
	for (const client of clients) {
		const got = () => new Set(client.pushes.map(({ id }) => id));
		await until(`${accepted.length} pushes at ${client.name}`,
			() => accepted.every((id) => got().has(id)), 15_000).catch(() => {});
		const seen = client.pushes.map(({ id }) => id);
		assert.deepEqual(accepted.filter((id) => !got().has(id)), [], `missing at ${client.name}`);
		assert.equal(new Set(seen).size, seen.length, `twice at ${client.name}`);
		assert.deepEqual(seen, [...seen].sort((a, b) => a - b));
		assert.deepEqual(client.lost, []);
	}
});

test("presence is as it was", async () => {
	await until("all clients in the report",
		async () => (await owner.online(ROOM)).clientCount === 4, 15_000);
});

test("without memory a worker says so once, tries less and less often, and goes on", async () => {
	const said = () => [...readFileSync(path.join(stack.dir, "log/worker-1.log"), "utf8")
		.matchAll(/ redis: ([a-z ]+) link=commands/g)].map(([, words]) => words);
	await until("the breaks before are over", () => (said().at(-1) ?? "link restored") === "link restored", 30_000);
	const before = said().length;
	await stack.redis("CONFIG", "RESETSTAT");
	await stack.redis("CONFIG", "SET", "maxmemory", "1");
	await until("refusals", async () => Number(/errorstat_OOM:count=(\d+)/.exec(
		await stack.redis("EVAL", "return redis.call('INFO', 'errorstats')", "0"))?.[1] ?? 0) >= 12, 60_000);
	assert.deepEqual(said().slice(before), ["link lost"]);
	await stack.redis("CONFIG", "SET", "maxmemory", "0");
	await until("it is there again", () => said().at(-1) === "link restored", 30_000);
	assert.equal(said().length, before + 2);
});
