// kill -9 of Redis, of a worker and of a connector, with very many clients: what was accepted arrives
// once, presence is right again within 15 s, and each client that is lost is told of once. The lease
// is the one that light-push has by default.
//
//   LP_KILL_CLIENTS   how many (2000)

import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";

import { Crowd } from "./lib/crowd.mjs";
import { expectedPresence, storedPresence } from "./lib/presence.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/kill";
const COUNT = Number(process.env.LP_KILL_CLIENTS ?? 2000);
const HALL = "hall";
const CONNECTORS = 3;
const PRESENCE_MS = 15_000;

let stack;
let owner;
let server;
let crowd;
const told = new Map(); // uuid: event ids of its disconnect callbacks

const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
const total = () => [...told.values()].reduce((sum, ids) => sum + ids.length, 0);
const online = () => crowd.members.filter(({ lost, closing }) => !lost && !closing);

// A user has two devices; platforms take turns.
const identity = (name, n) => ({ uuid: `${name}${n}`, userid: `user-${name}${n >> 1}`,
	platform: ["web", "ios", "android"][n % 3] });

function answer(req, res) {
	let text = "";
	req.on("data", (chunk) => { text += chunk; });
	req.on("end", () => {
		const { query, eventId } = JSON.parse(text);
		told.set(query.uuid, [...(told.get(query.uuid) ?? []), eventId]);
		res.end();
	});
}

before(async () => {
	server = http.createServer(answer);
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	stack = await startStack({ connectors: CONNECTORS, workers: 2 });
	owner = await stack.namespace(NAMESPACE);
	await owner.post("/api/auth/namespace/save",
		{ disconnect_callback: `http://127.0.0.1:${server.address().port}/gone` });
	crowd = new Crowd(NAMESPACE, [HALL]);
});

after(async () => {
	pusher.stop();
	await pusher.done;
	crowd?.close();
	await stack?.stop();
	server?.closeAllConnections();
	server?.close();
});

// Pushes to the hall, one after the other, and knows which were accepted.
const pusher = {
	accepted: [],
	running: false,
	done: undefined,
	start() {
		this.running = true;
		this.done = this.run();
	},
	async run() {
		while (this.running) {
			const answer = await owner.send("POST", "/api/auth/push", { room: HALL, pushData: {} });
			if (answer.status === 200)
				this.accepted.push(answer.json.id);
			await new Promise((resolve) => setTimeout(resolve, 50));
		}
	},
	stop() {
		this.running = false;
	},
	more(count) {
		const goal = this.accepted.length + count;
		return until(`${count} more pushes accepted`, () => this.accepted.length >= goal, 30_000);
	},
};

// Every member in the list got every accepted push from the first one on, in order and once.
async function gotAll(members, from) {
	const expected = pusher.accepted.slice(from);
	for (const member of members) {
		await until(`${expected.length} pushes at ${member.id}`,
			() => member.pushes.at(-1) >= expected.at(-1), 20_000);
		assert.deepEqual(member.pushes.slice(member.pushes.indexOf(expected[0])), expected, member.id);
	}
}

// Waits until Redis says exactly what the clients say.
async function presenceIsRight(ms) {
	const expected = expectedPresence(online());
	const goal = online().length;
	// cheap to ask, and nearly always the last to be right
	await until(`${goal} clients online`, async () =>
		(await owner.get("/api/auth/report/online")).clientCount === goal, ms);
	let difference;
	await until("the whole of presence", async () => {
		try {
			assert.deepEqual(await storedPresence(stack, NAMESPACE), expected);
			return true;
		} catch (error) {
			difference = error.message;
			return false;
		}
	}, ms).catch((error) => {
		throw new Error(`${error.message}\n${difference.slice(0, 3000)}`);
	});
}

// None is on its way and none waits for another try.
const noCallbacksLeft = () => until("no callbacks left", async () => await stack.queued("callbacks") === 0, 60_000);

// Each of them was told of with one event id, nobody else was; returns how many came twice.
function checkTold(members) {
	assert.deepEqual([...told.keys()].sort(), members.map(({ identity }) => identity.uuid).sort());
	for (const [uuid, ids] of told)
		assert.equal(new Set(ids).size, 1, uuid);
	return total() - told.size;
}

test(`Redis is killed, with ${COUNT} clients`, async (t) => {
	const begin = performance.now();
	await crowd.connectMany(stack, COUNT, (i) => [1 + (i % CONNECTORS), identity("redis-", i)]);
	t.diagnostic(`${COUNT} clients on ${CONNECTORS} connectors in ${seconds(begin)}`);
	await presenceIsRight(10_000);
	pusher.start();
	await pusher.more(20);
	const killed = performance.now();
	await stack.kill("redis");
	await stack.restart("redis");
	await pusher.more(1);
	t.diagnostic(`pushes are accepted again ${seconds(killed)} after kill -9`);
	await pusher.more(20);
	pusher.stop();
	await pusher.done;
	await gotAll(crowd.members, 0);
	t.diagnostic(`${pusher.accepted.length} pushes reached each of ${COUNT} clients once, in order`);
	assert.deepEqual(crowd.members.filter(({ lost }) => lost), []);
	await presenceIsRight(PRESENCE_MS);
	await noCallbacksLeft();
	assert.equal(total(), 0);
});

test("a worker is killed while it tells of them", async (t) => {
	const leaving = crowd.members.filter((_, i) => i % 2 === 0);
	leaving.forEach((member) => member.close());
	await until("some callbacks", () => total() > leaving.length / 10, 30_000);
	const killed = performance.now();
	await stack.kill("worker-1");
	await presenceIsRight(PRESENCE_MS);
	await until("callbacks of all", () => told.size >= leaving.length, 60_000);
	t.diagnostic(`${leaving.length} callbacks made ${seconds(killed)} after kill -9`);
	await noCallbacksLeft();
	t.diagnostic(`${checkTold(leaving)} of them twice`);
	await stack.restart("worker-1");
	crowd.close();
	await until("callbacks of all", () => told.size >= COUNT, 60_000);
	await noCallbacksLeft();
	checkTold(crowd.members);
	await presenceIsRight(PRESENCE_MS);
});

test(`a connector is killed, with ${COUNT} clients`, async (t) => {
	told.clear();
	crowd.members = [];
	const staying = await crowd.connectMany(stack, 40, (i) => [2 + (i % 2), identity("stays-", i)]);
	const doomed = await crowd.connectMany(stack, COUNT, (i) => [1, identity("doomed-", i)]);
	await presenceIsRight(10_000);
	const from = pusher.accepted.length;
	pusher.start();
	await pusher.more(5);

	const killed = performance.now();
	process.kill(stack.pid("connector-1"), "SIGKILL");
	stack.killed.add("connector-1");
	await Promise.all(doomed.map(({ closed }) => closed));
	// some come back at once on another connector, before anybody knows that the old one is dead
	const back = await crowd.connectMany(stack, COUNT / 10, (i) => [2 + (i % 2), doomed[i * 5].identity]);
	t.diagnostic(`${back.length} were back on other connectors ${seconds(killed)} after kill -9`);
	await presenceIsRight(PRESENCE_MS);
	const took = performance.now() - killed;
	t.diagnostic(`presence of the other ${COUNT - back.length} right ${seconds(killed)} after kill -9`);
	assert.ok(took < PRESENCE_MS, `took ${took} ms`);

	const returned = new Set(back.map(({ id }) => id));
	const gone = doomed.filter(({ id }) => !returned.has(id));
	await until("callbacks of all that are lost", () => told.size >= gone.length, 60_000);
	t.diagnostic(`${gone.length} disconnect callbacks made ${seconds(killed)} after kill -9`);
	await noCallbacksLeft();
	assert.equal(checkTold(gone), 0, "more than one callback of a client");

	await pusher.more(5);
	pusher.stop();
	await pusher.done;
	await gotAll(staying, from);
	const last = pusher.accepted.at(-1);
	for (const member of back)
		await until(`the last push at ${member.id}`, () => member.pushes.at(-1) === last, 10_000);

	// its next life changes nothing of that
	await stack.restart("connector-1");
	await crowd.connect(stack, 1, doomed[1].identity);
	await presenceIsRight(PRESENCE_MS);
	assert.equal(total(), gone.length);
});
