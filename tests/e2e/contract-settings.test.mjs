// The limits of reports and the origins of pages, with settings that make them small.

import assert from "node:assert/strict";
import { after, before } from "node:test";

import { connectClient, versions } from "./lib/client.mjs";
import { row } from "./lib/contract.mjs";
import { request } from "./lib/rest.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const KEY = "/settings";
const ROOM = "r";
const ORIGINS = ["https://one.example", "http://two.example:8080"];

let stack;
let owner;
const clients = [];

before(async () => {
	stack = await startStack({ connectors: 2, set: { redis_timeout: "5s", cors_origins: ORIGINS.join(", "),
		report_online_list_max_limit: 3, report_push_ack_detail_max_limit: 3,
		push_message_list_max_limit: 10, push_message_max_expire: 20, push_message_expire: 5 } });
	owner = await stack.namespace(KEY);
});

after(async () => {
	clients.forEach((client) => client.close());
	await stack?.stop();
});

async function connect(count) {
	while (clients.length < count) {
		const n = clients.length;
		const client = await connectClient(stack.connector(1 + (n % 2)),
			{ version: versions[n % 2], namespace: KEY, identity: { uuid: `u${n}`, userid: `user${n % 4}` } });
		clients.push(client);
		await client.join(ROOM);
	}
}

row("GET /api/auth/report/online", "details only while they are few", async () => {
	await connect(3);
	const room = async () => (await owner.online(ROOM, true));
	const whole = () => owner.get("/api/auth/report/online?detail=1");
	assert.deepEqual([(await room()).client.length, (await room()).user.length], [3, 3]);
	assert.deepEqual([(await whole()).client.length, (await whole()).user.length], [3, 3]);
	await connect(5); // of four users
	for (const report of [await room(), await whole()]) {
		assert.deepEqual([report.clientCount, report.userCount], [5, 4]);
		assert.deepEqual([report.client, report.user], [undefined, undefined]);
	}
	assert.deepEqual((await whole()).room, [ROOM]);
});

row("GET /api/auth/report/push/:id", "[\"$$\"] instead of many acks", async () => {
	await connect(3);
	const { id } = await owner.push(ROOM, {});
	const detail = async (count) => until(`${count} acks`, async () => {
		const record = await owner.get(`/api/auth/report/push/${id}?ackDetail=1`);
		return record.ackCount === `${count}` && record;
	});
	const ack = async (from, to) => {
		for (const client of clients.slice(from, to)) {
			await until("the push", () => client.pushes.some((push) => push.id === id));
			client.socket.emit("ackPush", { id });
		}
	};
	await ack(0, 2);
	assert.equal((await detail(2)).ackWebDetail.length, 2);
	await ack(2, 3);
	assert.deepEqual((await detail(3)).ackWebDetail, ["$$"]);
});

row("GET /api/auth/report/push", "only the newest are kept", async () => {
	const ids = [];
	for (let n = 0; n < 12; n++)
		ids.unshift(`${(await owner.push("many", { n })).id}`);
	const list = await owner.get("/api/auth/report/push?size=100");
	assert.deepEqual(list.map(({ id }) => id), ids.slice(0, 10));
	assert.deepEqual(await owner.get("/api/auth/report/push?size=10&page=2"), []);
});

row("POST /api/auth/push", "the settings say how long it is kept", async () => {
	const { id } = await owner.push("r", {});
	assert.equal((await owner.get(`/api/auth/report/push/${id}`)).expire, "5");
	assert.ok((await owner.push("r", {}, { expire: 20 })).id);
	await owner.refused("POST", "/api/auth/push", { room: "r", pushData: {}, expire: 20.5 }, 400,
		"expire invalid");
});

row("cross-origin requests", "a listed origin is echoed, with credentials", async () => {
	for (const path of ["/api/auth/login", "/api/admin/login"]) {
		for (const [method, headers] of [["POST", owner.headers], ["POST", {}], ["OPTIONS", {}]]) {
			for (const origin of [...ORIGINS, "https://one.example.evil", "null", undefined]) {
				const answer = await request(stack.env.LP_WEB_URL, method, path,
					{ headers: { ...headers, ...(origin && { origin }) }, body: method === "POST" ? {} : undefined });
				const listed = ORIGINS.includes(origin);
				assert.equal(answer.headers["access-control-allow-origin"], listed ? origin : undefined);
				assert.equal(answer.headers["access-control-allow-credentials"], listed ? "true" : undefined);
			}
		}
	}
});
