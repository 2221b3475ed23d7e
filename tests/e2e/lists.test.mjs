// Lists of clients and rooms, page by page, with two connectors and clients that come and go.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { connectClient, versions } from "./lib/client.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/lists";
const OTHER = "/lists-other";
const COUNT = 60;

let stack;
let owner;
let stranger;
const open = [];

before(async () => {
	stack = await startStack({ connectors: 2 });
	owner = await stack.namespace(NAMESPACE);
	stranger = await stack.namespace(OTHER);
	await Promise.all(Array.from({ length: COUNT }, (_, i) => connect(i)));
	await Promise.all([0, 1].map((i) => connect(i, OTHER)));
});

after(async () => {
	open.forEach((client) => client.close());
	await stack?.stop();
});

// Client number i: two devices for each user, three platforms, in two rooms.
async function connect(i, namespace = NAMESPACE) {
	const identity = { uuid: `d${i}`, userid: `u${i >> 1}`, platform: ["web", "ios", "android"][i % 3] };
	const client = await connectClient(stack.connector(1 + (i % 2)),
		{ version: versions[i % versions.length], namespace, identity });
	open.push(client);
	await client.join(["all", `room${i % 20}`]);
	return client;
}

// All entries of a list and how many pages it had.
async function walk(path, { api = owner, size = 7, between } = {}) {
	const entries = [];
	let pages = 0;
	for (let cursor = ""; cursor !== null; pages++) {
		const query = `${path.includes("?") ? "&" : "?"}size=${size}&cursor=${cursor}`;
		const answer = await api.get(path + query);
		assert.ok(answer.list.length <= size, `${answer.list.length} entries`);
		const keys = answer.list.map(({ id, name }) => id ?? name);
		assert.equal(new Set(keys).size, keys.length, "an entry twice in one page");
		entries.push(...answer.list);
		cursor = answer.cursor;
		await between?.(pages);
	}
	return { entries, pages };
}

test("clients: who is online, on which connector, since when, in which rooms", async () => {
	const { entries, pages } = await walk("/api/auth/clients");
	assert.equal(entries.length, COUNT);
	assert.ok(pages >= COUNT / 7);
	const nodes = new Set(entries.map(({ connector }) => connector));
	assert.equal(nodes.size, 2);
	for (let i = 0; i < COUNT; i++) {
		const platform = ["web", "ios", "android"][i % 3];
		const entry = entries.find(({ uuid }) => uuid === `d${i}`);
		const { connector, connect_time: time, rooms, ...rest } = entry;
		assert.deepEqual(rest, { id: `${NAMESPACE}#u${i >> 1}#${platform}-d${i}`, userid: `u${i >> 1}`,
			uuid: `d${i}`, platform });
		assert.deepEqual(rooms.sort(), ["all", `room${i % 20}`, `user_u${i >> 1}`].sort());
		assert.ok(Math.abs(Date.now() - time) < 600_000, `${time}`);
		const twin = entries.find(({ uuid }) => uuid === `d${(i + 2) % COUNT}`);
		assert.equal(connector, twin.connector, "even ones on one, odd ones on the other");
	}
});

test("clients of a room, of a user, of a user in a room", async () => {
	const uuids = async (query, size) =>
		(await walk(`/api/auth/clients?${query}`, { size })).entries.map(({ uuid }) => uuid).sort();
	assert.deepEqual(await uuids("room=room3", 1), ["d23", "d3", "d43"]);
	assert.deepEqual(await uuids("user=u5", 100), ["d10", "d11"]);
	assert.deepEqual(await uuids("user=u5&room=room11", 100), ["d11"]);
	assert.deepEqual(await uuids("user=nobody", 100), []);
	assert.equal((await uuids("room=all", 13)).length, COUNT);
});

test("rooms with their counts, the users' own not among them", async () => {
	const { entries } = await walk("/api/auth/rooms", { size: 4 });
	assert.equal(entries.length, 21);
	assert.deepEqual(entries.find(({ name }) => name === "all"),
		{ name: "all", clientCount: COUNT, userCount: COUNT / 2 });
	assert.deepEqual(entries.find(({ name }) => name === "room0"),
		{ name: "room0", clientCount: 3, userCount: 3 });
});

test("another namespace has lists of its own", async () => {
	const { entries } = await walk("/api/auth/clients", { api: stranger });
	assert.deepEqual(entries.map(({ id }) => id).sort(), [`${OTHER}#u0#ios-d1`, `${OTHER}#u0#web-d0`]);
	assert.equal((await walk("/api/auth/rooms", { api: stranger })).entries.length, 3);
});

test("who is there all the time is listed while others come and go", async () => {
	const guests = [];
	const { entries } = await walk("/api/auth/clients?room=all", {
		size: 5,
		between: async (page) => {
			if (page < 20)
				guests.push(await connect(1000 + page));
			if (page % 3 === 2)
				guests.shift().close();
		},
	});
	const seen = new Set(entries.map(({ uuid }) => uuid));
	for (let i = 0; i < COUNT; i++)
		assert.ok(seen.has(`d${i}`), `d${i} is missing`);
	guests.forEach((guest) => guest.close());
	await until("the guests are gone",
		async () => (await owner.online("all")).clientCount === COUNT, 10_000);
});

test("what is wrong is said with the field; a cursor is good for its own list only", async () => {
	const { cursor } = await owner.get("/api/auth/clients?room=all&size=5");
	assert.equal(typeof cursor, "string");
	await owner.get(`/api/auth/clients?room=all&size=50&cursor=${cursor}`);
	const bad = [
		["/api/auth/clients?size=0", "size"],
		["/api/auth/clients?size=1001", "size"],
		["/api/auth/rooms?size=many", "size"],
		["/api/auth/clients?room=a%20b", "room"],
		["/api/auth/clients?user=a%20b", "user"],
		["/api/auth/clients?cursor=nonsense", "cursor"],
		[`/api/auth/clients?cursor=${cursor}`, "cursor"],
		[`/api/auth/clients?user=u1&cursor=${cursor}`, "cursor"],
		[`/api/auth/rooms?cursor=${cursor}`, "cursor"],
	];
	for (const [path, field] of bad) {
		const { status, json } = await owner.send("GET", path);
		assert.equal(status, 400, path);
		assert.equal(json.error, "param_invalid");
		assert.equal(json.field, field, path);
	}
	const { json } = await stranger.send("GET", `/api/auth/clients?room=all&cursor=${cursor}`);
	assert.equal(json.field, "cursor");
});
