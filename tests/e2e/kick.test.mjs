// Clients that a business system sends away, wherever they are connected.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Client, connectClient, versions } from "./lib/client.mjs";
import { startStack } from "./lib/stack.mjs";
import { until, within } from "./lib/wait.mjs";

const NAMESPACE = "/kick";
const OTHER = "/kick-other";
const KICK = "/api/auth/client/disconnect";

let stack;
let owner;
const open = [];

before(async () => {
	stack = await startStack({ connectors: 2 });
	owner = await stack.namespace(NAMESPACE);
	await stack.namespace(OTHER);
});

after(async () => {
	open.forEach((client) => client.close());
	await stack?.stop();
});

// Notes the order of what concerns its end.
function watch(client) {
	client.end = [];
	client.socket.on("push", ({ pushData }) => client.end.push(["push", pushData]));
	client.socket.on("kicked", (data) => client.end.push(["kicked", data]));
	client.socket.on("disconnect", (reason) => client.end.push(["disconnect", reason]));
	open.push(client);
	return client;
}

async function join(n, version, identity, { namespace = NAMESPACE, transport, room } = {}) {
	const client = watch(await connectClient(stack.connector(n),
		{ version, transport, namespace, identity }));
	if (room)
		await client.join(room);
	return client;
}

async function refusal(n, version, identity) {
	const client = new Client(stack.connector(n), { version, namespace: NAMESPACE, identity });
	open.push(client);
	const first = await within(20_000, `an answer to ${client.name}`, client.first);
	client.close();
	return first;
}

const ended = (client) => until(`the end of ${client.name}`,
	() => client.end.some(([type]) => type === "disconnect"), 10_000);

for (const version of versions) {
	const own = (name) => `${name}${version[0]}`;

	for (const transport of ["websocket", "polling"]) {
		test(`a room, on both connectors; ${version} ${transport}`, async () => {
			const room = own(`room-${transport}`);
			const inside = await Promise.all([1, 2, 1, 2].map((n, i) =>
				join(n, version, { uuid: own(`${transport}${i}`) }, { room, transport })));
			const outside = await join(1, version, { uuid: own(`${transport}-out`) });
			const foreign = await join(2, version, { uuid: own(`${transport}0`) },
				{ room, namespace: OTHER });
			await owner.push(room, { last: true });
			assert.deepEqual(await owner.post(KICK, { room, reason: "closing" }), { disconnected: 4 });
			for (const client of inside) {
				await ended(client);
				assert.deepEqual(client.end.slice(0, 2),
					[["push", { last: true }], ["kicked", { reason: "closing", retry_after: 0 }]]);
				assert.equal(client.end.length, 3, JSON.stringify(client.end));
				assert.equal(client.end[2][1], "io server disconnect");
			}
			assert.deepEqual(outside.end, []);
			assert.deepEqual(foreign.end, []);
			await until("they are offline",
				async () => (await owner.online(room)).clientCount === 0, 10_000);
			// Without retry_after they may come back.
			await join(2, version, { uuid: own(`${transport}0`) }, { room });
		});
	}

	test(`a user: all devices, and no new ones for a while; ${version}`, async () => {
		const userid = own("ann");
		const devices = await Promise.all([[1, "web"], [2, "ios"]].map(([n, platform]) =>
			join(n, version, { uuid: own(`ann-${platform}`), userid, platform })));
		// Somebody else in the user's room is not the user.
		const guest = await join(2, version, { uuid: own("guest") }, { room: `user_${userid}` });
		assert.deepEqual(await owner.post(KICK, { userid, reason: "fraud", retry_after: 300 }),
			{ disconnected: 2 });
		for (const device of devices) {
			await ended(device);
			assert.deepEqual(device.end[0], ["kicked", { reason: "fraud", retry_after: 300 }]);
		}
		for (const n of [1, 2]) {
			const { type, data } = await refusal(n, version, { uuid: own(`new${n}`), userid });
			assert.equal(type, "refused");
			assert.match(data, /^kicked, retry after (300|2\d\d) s$/);
		}
		assert.deepEqual(guest.end, []);
		const id = `${NAMESPACE}#${userid}#web-${own("ann-web")}`;
		const record = await until("the end in the record", async () => {
			const left = await owner.post("/api/auth/client", { id });
			return left.last_disconnect_time && left;
		});
		assert.equal(record.disconnect_reason, "kicked");
		// 0 lifts it.
		assert.deepEqual(await owner.post(KICK, { userid, retry_after: 0 }), { disconnected: 0 });
		await join(1, version, { uuid: own("ann-web"), userid });
	});

	test(`one client, for a second; ${version}`, async () => {
		const identity = { uuid: own("bob"), userid: own("bob") };
		const bob = await join(2, version, identity);
		const id = `${NAMESPACE}#${identity.userid}#web-${identity.uuid}`;
		assert.deepEqual(await owner.post(KICK, { id, retry_after: 1 }), { disconnected: 1 });
		await ended(bob);
		assert.deepEqual(bob.end[0], ["kicked", { reason: "", retry_after: 1 }]);
		// Another device of that user is welcome; the same one again after that second.
		await join(1, version, { uuid: own("bob-other"), userid: identity.userid });
		await until("it is let in again",
			async () => (await refusal(1, version, identity)).type === "connect", 10_000);
	});
}

test("what is wrong is said with the field", async () => {
	const bad = [
		[{}, "id"],
		[{ id: `${OTHER}#a#web-1` }, "id"],
		[{ userid: "a b" }, "userid"],
		[{ room: "r", userid: "a" }, "room"],
		[{ room: "r", retry_after: "soon" }, "retry_after"],
		[{ room: "r", reason: "x".repeat(501) }, "reason"],
	];
	for (const [body, field] of bad) {
		const { status, json } = await owner.send("POST", KICK, body);
		assert.equal(status, 400, JSON.stringify(body));
		assert.equal(json.code, 9999);
		assert.equal(json.error, "param_invalid");
		assert.equal(json.field, field);
		assert.equal(typeof json.msg, "string");
	}
});

test("a crowd is sent away in slices: pushes to others go on", async () => {
	const crowd = await Promise.all(Array.from({ length: 300 }, (_, i) =>
		join(1 + (i % 2), versions[i % 2], { uuid: `crowd${i}` }, { room: "crowd" })));
	const other = await join(1, versions[1], { uuid: "bystander" }, { room: "square" });
	const kicked = owner.post(KICK, { room: "crowd", reason: "over" });
	const { id } = await owner.push("square", { n: 1 });
	assert.deepEqual(await kicked, { disconnected: 300 });
	await Promise.all(crowd.map(ended));
	for (const client of crowd)
		assert.deepEqual(client.end[0], ["kicked", { reason: "over", retry_after: 0 }]);
	await until("the push", () => other.pushes.some((push) => push.id === id), 10_000);
});
