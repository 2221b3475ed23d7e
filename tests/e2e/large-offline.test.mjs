// Offline delivery to a room of 100 000 devices: in pages, with little memory, and other namespaces
// do not wait for it. LP_DEVICES: how many.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";

import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const DEVICES = Number(process.env.LP_DEVICES ?? 100_000);
const [LARGE, SMALL] = ["/large", "/small"];

// As if so many Android devices had been in the room.
const FILL = `
for i = ARGV[1], ARGV[2] do
  redis.call('ZADD', KEYS[1] .. ':room:all:ever:android', i, ARGV[3] .. '#u' .. i .. '#android-u' .. i)
end`;

let stack;
let large;
let small;

before(async () => {
	stack = await startStack({ connectors: 1, set: { redis_timeout: "5s", worker_message_timeout: "300ms" } });
	large = await stack.namespace(LARGE);
	small = await stack.namespace(SMALL);
	for (let from = 1; from <= DEVICES; from += 5000)
		await stack.redis("EVAL", FILL, "1", `lp:{${LARGE}}`, `${from}`,
			`${Math.min(from + 4999, DEVICES)}`, LARGE);
	await stack.redis("EVAL", FILL, "1", `lp:{${SMALL}}`, "1", "1", SMALL);
});

after(() => stack?.stop());

// KB of memory that are the worker's own.
const memory = () =>
	Number(/^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${stack.pid("worker-1")}/status`, "utf8"))[1]);

const stored = (key, id) => stack.redis("HLEN", `lp:{${key}}:offline:${id}`);

test(`a room of ${DEVICES} devices, and one device of another namespace`, async () => {
	const push = (owner) => owner.push("all", { text: "x".repeat(1000) }, { leaveMessage: true });
	const before = memory();
	let most = before;
	await stack.redis("CONFIG", "SET", "slowlog-log-slower-than", "1000");
	await stack.redis("SLOWLOG", "RESET");
	const begin = performance.now();
	const { id } = await push(large);
	await until("it has begun", async () => await stored(LARGE, id) > 0, 10_000);
	const asked = performance.now();
	const one = await push(small);
	await until("the one device", async () => await stored(SMALL, one.id) === 1, 30_000);
	const waited = performance.now() - asked;
	const meanwhile = await stored(LARGE, id);
	await until("all devices", async () => {
		most = Math.max(most, memory());
		return await stored(LARGE, id) === DEVICES;
	}, 120_000);
	const took = performance.now() - begin;
	const slow = (await stack.redis("SLOWLOG", "GET", "100")).filter(([, , , [name]]) => /evalsha/i.test(name));
	const longest = Math.max(0, ...slow.map(([, , us]) => us));
	console.log(`# ${DEVICES} devices in ${(took / 1000).toFixed(1)} s, the other namespace after `
		+ `${waited.toFixed(0)} ms; memory of the worker ${before} to ${most} KB; longest script ${longest} us`);
	assert.ok(meanwhile < DEVICES, "the small namespace waited for the large one");
	assert.ok(most - before < 32 * 1024, `${before} to ${most} KB`);
});
