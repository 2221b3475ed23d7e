// Two business systems, three connectors and many devices change the same rooms and users at random
// for a while. Every push must reach whoever was in its room, once and in order; and afterwards
// every set and every counter in Redis must say what the clients themselves say.
//
//   LP_SOAK_SECONDS   how long (5)
//   LP_SEED           repeats a run's choices

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { Client, versions } from "./lib/client.mjs";
import { keyspace } from "./lib/keyspace.mjs";
import { expectedPresence, storedPresence } from "./lib/presence.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/soak";
const SECONDS = Number(process.env.LP_SOAK_SECONDS ?? 5);
const SEED = Number(process.env.LP_SEED ?? Date.now() % 1e6);
const CONNECTORS = 3;
const ROOMS = Array.from({ length: 12 }, (_, n) => `room-${n}`);
// Only transfers put anybody into these, so that who is there is what the server told.
const MOVED = Array.from({ length: 3 }, (_, n) => `moved-${n}`);
const DEVICES = 48;
const TRANSPORTS = ["websocket", "websocket", "polling", "upgrade"];
const SETTLED = 1000; // ms within which a push that was accepted has arrived, unless the machine is slower

let stack;
let owners;

// A small generator of its own for each actor: their choices do not depend on who runs first.
function chooser(seed) {
	let state = seed >>> 0;
	const next = () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
	const below = (n) => Math.floor(next() * n);
	return { below, of: (list) => list[below(list.length)] };
}

class Device {
	constructor(n) {
		this.pause = n % 3 ? 60 : 2500; // ms between what it does, at most: a third of them is calm
		this.choose = chooser(SEED + n);
		this.identity = { uuid: `device-${n}`, userid: `user-${n % 12}`, platform: ["web", "ios", "android"][n % 3] };
		this.id = `${NAMESPACE}#${this.identity.userid}#${this.identity.platform}-${this.identity.uuid}`;
		this.client = null;
		this.connector = 0;
		this.got = []; // { id, client, at }
		this.rooms = new Set();
		this.stays = []; // { client, room, from, to }: surely in the room, by the clock of this test
	}

	enter(room) {
		if (this.rooms.has(room))
			return;
		this.rooms.add(room);
		this.stays.push({ client: this.client, room, from: Date.now(), to: Infinity });
	}

	// From the moment on when it is asked for, what still arrives is a matter of chance.
	leave(room) {
		this.rooms.delete(room);
		for (const stay of this.stays) {
			if (stay.room === room && stay.to === Infinity)
				stay.to = Date.now();
		}
	}

	leaveAll() {
		if (this.client)
			this.client.until = Date.now();
		for (const room of [...this.rooms])
			this.leave(room);
	}

	async connect(connector = 1 + this.choose.below(CONNECTORS)) {
		const old = this.client;
		this.leaveAll();
		const client = new Client(stack.connector(connector), {
			version: this.choose.of(versions), transport: this.choose.of(TRANSPORTS),
			namespace: NAMESPACE, identity: this.identity,
		});
		this.client = client;
		this.connector = connector;
		client.socket.on("joinRoom", ({ targetRoom }) => this.client === client && this.enter(targetRoom));
		client.socket.on("leaveRoom", ({ targetRoom }) => this.client === client && this.leave(targetRoom));
		client.until = Infinity;
		client.onPush = ({ id }) => {
			client.socket.emit("ackPush", { id });
			this.got.push({ id, client, at: Date.now() });
		};
		await client.connected();
		this.enter(`user_${this.identity.userid}`);
		// One that was left open has been replaced by now, or will be.
		if (old && this.choose.below(2))
			old.close();
	}

	disconnect() {
		this.leaveAll();
		this.client.close();
		this.client = null;
	}

	async act() {
		const what = this.choose.below(20);
		if (!this.client || what === 0)
			return this.connect();
		if (what === 1)
			return this.disconnect();
		const rooms = Array.from({ length: 1 + this.choose.below(3) }, () => this.choose.of(ROOMS));
		if (what < 12) {
			assert.equal((await this.client.call("joinRoom", rooms)).status, 200);
			rooms.forEach((room) => this.enter(room));
		} else {
			rooms.forEach((room) => this.leave(room));
			assert.equal((await this.client.call("leaveRoom", rooms)).status, 200);
		}
	}

	// Is in every room from now on, and sees how long pushes take to its connector.
	async watch(connector) {
		await this.connect(connector);
		assert.equal((await this.client.call("joinRoom", ROOMS)).status, 200);
		ROOMS.forEach((room) => this.enter(room));
	}

	async live(end) {
		while (Date.now() < end) {
			await this.act();
			await sleep(this.choose.below(this.pause));
		}
	}
}

// A business system: pushes and moves rooms; returns what was accepted.
async function business(n, end) {
	const choose = chooser(SEED + 1000 + n);
	const pushes = [];
	while (Date.now() < end) {
		if (choose.below(15) === 0) {
			await owners[n].post("/api/auth/transfer", {
				targetRoom: choose.of(MOVED), sourceRooms: [choose.of(ROOMS)],
				type: choose.of(["join", "leave"]),
			});
		} else {
			const room = choose.of([...ROOMS, ...MOVED, "user_user-1", "user_user-2"]);
			const asked = Date.now();
			const { id } = await owners[n].post("/api/auth/push", { room, pushData: { n } });
			pushes.push({ id, room, asked, accepted: Date.now() });
		}
		await sleep(choose.below(20));
	}
	return pushes;
}

// The longest that a push took to a device, in ms.
function slowest(device, pushes) {
	const came = new Map(device.got.map(({ id, at }) => [id, at]));
	return Math.max(0, ...pushes.map(({ id, accepted }) => (came.get(id) ?? 0) - accepted));
}

// All is there that has to come to those who stay.
const arrived = (devices, pushes) => devices.every(({ stays }) => stays.every(({ client, room, from, to }) =>
	to < Infinity || pushes.every((push) => push.room !== room || push.asked <= from ||
		client.pushes.some(({ id }) => id === push.id))));

function checkDelivery(devices, pushes, settled) {
	let expected = 0;
	for (const device of devices) {
		for (const { client, room, from, to } of device.stays) {
			const got = client.pushes.filter((message) => message.room === room).map(({ id }) => id);
			const where = `${device.id} in ${room}, seed ${SEED}`;
			assert.deepEqual(got, [...new Set(got)].sort((a, b) => a - b), `order and repeats: ${where}`);
			for (const push of pushes) {
				if (push.room !== room || push.asked <= from || push.accepted + settled >= to)
					continue;
				assert.ok(got.includes(push.id), `push ${push.id} is missing: ${where}`);
				expected++;
			}
		}
	}
	return expected;
}

async function checkPresence(devices) {
	const expected = expectedPresence(devices.filter(({ client }) => client));
	let difference;
	await until("Redis to agree with the clients", async () => {
		try {
			assert.deepEqual(await storedPresence(stack, NAMESPACE), expected);
			return true;
		} catch (error) {
			difference = error.message;
			return false;
		}
	}, 15_000).catch((error) => {
		throw new Error(`seed ${SEED}: ${error.message}\n${difference}`);
	});
	// and so do the reports, which are made from the same sets
	const { clientCount, userCount, roomCount } = await owners[0].get("/api/auth/report/online");
	assert.deepEqual([clientCount, userCount, roomCount],
		["clients", "users", "rooms"].map((name) => Object.keys(expected[name]).length));
}

// Counters of messages. Returns how many acks had to be counted.
async function checkCounts(devices, pushes, settled) {
	const keys = await keyspace(stack, NAMESPACE);
	const { currDateMessageCount } = await owners[0].get("/api/auth/namespace/current-message-stat");
	if (pushes.every(({ accepted }) => new Date(accepted).getUTCDate() === new Date().getUTCDate()))
		assert.equal(currDateMessageCount, pushes.length, "pushes of the day");
	assert.deepEqual(keys.msgs.map(Number), pushes.map(({ id }) => id).sort((a, b) => b - a).slice(0, 1000));
	const got = new Map(pushes.map(({ id }) => [id, new Set()]));
	const sure = new Map(pushes.map(({ id }) => [id, new Set()])); // the ack had time to be counted
	for (const device of devices) {
		for (const { id, client, at } of device.got) {
			got.get(id).add(device.id);
			if (client.until - at > settled)
				sure.get(id).add(device.id);
		}
	}
	let expected = 0;
	for (const { id } of pushes) {
		const record = keys[`msg:${id}`];
		let sum = 0;
		for (const [platform, field] of [["web", "ackWebCount"], ["ios", "ackIOSCount"], ["android", "ackAndroidCount"]]) {
			const acked = keys[`ack:${id}:${platform}`] ?? [];
			assert.equal(Number(record[field]), acked.length, `${field} of ${id}, seed ${SEED}`);
			assert.deepEqual(acked.filter((device) => !got.get(id).has(device)), [], `acks of ${id}, seed ${SEED}`);
			acked.forEach((device) => sure.get(id).delete(device) && expected++);
			sum += acked.length;
		}
		assert.equal(Number(record.ackCount), sum, `ackCount of ${id}, seed ${SEED}`);
		assert.deepEqual([...sure.get(id)], [], `acks that are missing of ${id}, seed ${SEED}`);
		// each connector writes <web>/<ios>/<android>, the clients it handed the message to
		const handed = Object.entries(record).filter(([name]) => name[0] === "@")
			.flatMap(([, counts]) => counts.split("/")).reduce((all, count) => all + Number(count), 0);
		assert.ok(handed >= got.get(id).size, `handed to ${handed}: ${id}, seed ${SEED}`);
	}
	return expected;
}

before(async () => {
	stack = await startStack({ connectors: CONNECTORS });
	const first = await stack.namespace(NAMESPACE);
	owners = [first, stack.rest(NAMESPACE, `password of ${NAMESPACE}`)];
});

after(() => stack?.stop());

test(`rooms, users and messages after ${SECONDS} s at random (seed ${SEED})`, async (t) => {
	const devices = Array.from({ length: DEVICES }, (_, n) => new Device(n));
	const watchers = Array.from({ length: CONNECTORS }, (_, n) => new Device(DEVICES + n));
	await Promise.all(watchers.map((watcher, n) => watcher.watch(1 + n)));
	const end = Date.now() + SECONDS * 1000;
	const [one, two] = await Promise.all([
		business(0, end), business(1, end), ...devices.map((device) => device.live(end)),
	]);
	devices.push(...watchers);
	const pushes = [...one, ...two];
	// What is on its way; what is missing then, is told below.
	await until("what has to come", () => arrived(devices, pushes)).catch(() => {});
	await checkPresence(devices);
	const settled = SETTLED + Math.max(...watchers.map((watcher) => slowest(watcher, pushes)));
	const expected = checkDelivery(devices, pushes, settled);
	const acks = await until("the counts to be right", () => checkCounts(devices, pushes, settled));
	assert.ok(expected > 0);
	t.diagnostic(`${pushes.length} pushes; ${expected} deliveries and ${acks} acks that had to come, `
		+ `within ${settled} ms`);
	devices.forEach(({ client }) => client?.close());
});
