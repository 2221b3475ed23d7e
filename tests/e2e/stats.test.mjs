// Who was reached, by platform, in the record of a message and in the statistics of its minute.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { connectClient, versions } from "./lib/client.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/stats";
const STAT = "/api/auth/namespace/message-stat";

let stack;
let owner;
const open = [];

before(async () => {
	// Half an hour off, so that its hours begin elsewhere than those of UTC.
	stack = await startStack({ connectors: 2, set: { redis_timeout: "5s", timezone: "Asia/Kolkata" } });
	owner = await stack.namespace(NAMESPACE);
});

after(async () => {
	open.forEach((client) => client.close());
	await stack?.stop();
});

const sum = (list, name) => list.reduce((all, entry) => all + entry[name], 0);

test("platforms on two connectors: addressed and acknowledged, in the record and by time", async () => {
	const platforms = ["web", "web", "web", "ios", "ios", "android"];
	const clients = await Promise.all(platforms.map(async (platform, i) => {
		const client = await connectClient(stack.connector(1 + (i % 2)),
			{ version: versions[i % 2], namespace: NAMESPACE, identity: { uuid: `s${i}`, platform } });
		open.push(client);
		await client.join("news");
		// One of the three on the web does not answer.
		if (i > 0)
			client.onPush = ({ id }) => client.socket.emit("ackPush", { id });
		return client;
	}));
	const { id } = await owner.push("news", { n: 1 });
	await owner.push("nobody", { n: 2 });
	const counts = { onlineClientCount: "6", onlineWebCount: "3", onlineIOSCount: "2",
		onlineAndroidCount: "1", ackCount: "5", ackWebCount: "2", ackIOSCount: "2",
		ackAndroidCount: "1" };
	const pick = (record) => Object.fromEntries(Object.keys(counts).map((name) => [name, record[name]]));
	await until("all counted", async () =>
		assert.deepEqual(pick(await owner.get(`/api/auth/report/push/${id}`)), counts) ?? true, 10_000);
	const [newest, message] = await owner.get("/api/auth/report/push");
	assert.equal(newest.onlineClientCount, "0");
	assert.deepEqual(pick(message), counts);
	assert.equal(clients.length, 6);

	for (const [by, step] of [["minute", 60], ["hour", 3600], ["day", 86_400]]) {
		const { list } = await owner.get(`${STAT}?by=${by}`);
		assert.ok([24, 25].includes(list.length), `${list.length} by ${by}`);
		assert.equal(sum(list, "pushed"), 2, by);
		assert.equal(sum(list, "online"), 6, by);
		assert.equal(sum(list, "ack"), 5, by);
		assert.equal(sum(list, "ackWeb"), 2, by);
		assert.equal(sum(list, "ackIOS"), 2, by);
		assert.equal(sum(list, "ackAndroid"), 1, by);
		const times = list.map(({ time }) => Date.parse(time) / 1000);
		times.slice(1).forEach((time, i) => assert.equal(time - times[i], step));
		assert.ok(list.every(({ time }) => time.endsWith("+05:30")));
		if (by === "day")
			assert.ok(list.every(({ time }) => time.includes("T00:00:00")));
		// The entry in which the push was accepted has what came of it.
		const sent = Number(message.sendDate) / 1000;
		const entry = list.find((_, i) => times[i] <= sent && sent < times[i] + step);
		assert.equal(entry.ack, 5, by);
		assert.equal(entry.online, 6, by);
	}
});

test("from and to, in ms and in ISO 8601; empty entries are there", async () => {
	const { list } = await owner.get(`${STAT}?by=day&from=2026-01-01&to=2026-02-01`);
	assert.equal(list.length, 31);
	assert.deepEqual(list[0], { time: "2026-01-01T00:00:00+05:30", pushed: 0, online: 0, ack: 0,
		ackWeb: 0, ackIOS: 0, ackAndroid: 0 });
	const from = Date.parse("2026-01-01T00:00:00+05:30");
	const hours = await owner.get(`${STAT}?from=${from}&to=${from + 3 * 3_600_000}`);
	assert.deepEqual(hours.list.map(({ time }) => time.slice(11, 16)), ["00:00", "01:00", "02:00"]);
	const zone = encodeURIComponent("2026-01-01T01:30:00+02:00");
	const utc = await owner.get(`${STAT}?by=minute&from=${zone}&to=2025-12-31T23:32:00Z`);
	assert.deepEqual(utc.list.map(({ time }) => time),
		["2026-01-01T05:00:00+05:30", "2026-01-01T05:01:00+05:30"]);
});

test("too many entries and what is no time is refused, with the field", async () => {
	const bad = [
		["by=week", "by"],
		["from=soon", "from"],
		["to=2026-13-01", "to"],
		["from=2026-01-02&to=2026-01-01", "to"],
		["by=minute&from=2026-01-01&to=2026-01-03", "from"],
	];
	for (const [query, field] of bad) {
		const { status, json } = await owner.send("GET", `${STAT}?${query}`);
		assert.equal(status, 400, query);
		assert.equal(json.field, field, query);
		assert.equal(json.error, "param_invalid");
	}
});
