// Who a client is and how it gets in, for both generations and on two connectors.

import assert from "node:assert/strict";
import { after, before } from "node:test";

import { Client, connectClient, transports, versions } from "./lib/client.mjs";
import { row, socketRow } from "./lib/contract.mjs";
import { direct, startStack } from "./lib/stack.mjs";
import { until, within } from "./lib/wait.mjs";

const NAMESPACE = "/connecting";

let stack;
let owner;
const open = [];

before(async () => {
	stack = await startStack({ connectors: 2 });
	owner = await stack.namespace(NAMESPACE);
});

after(async () => {
	open.forEach((client) => client.close());
	await stack?.stop();
});

// A client that is not waited for; where: number of its connector, or { url, path }.
function start(where, options) {
	const client = new Client(typeof where === "number" ? stack.connector(where) : where,
		{ namespace: NAMESPACE, ...options });
	open.push(client);
	return client;
}

const refusal = async (client) =>
	assert.equal((await within(10_000, `an answer to ${client.name}`, client.first)).type, "refused");

socketRow("paths of the sockets", "on the connector and behind the web server", async ({ version, own }) => {
	const places = [stack.connector(1), { url: stack.env.LP_WEB_URL, path: stack.env.LP_SOCKET_PATH }];
	assert.deepEqual(places.map(({ path }) => path), ["/socket.io/", "/push/socket.io/"]);
	for (const [n, where] of places.entries()) {
		for (const transport of Object.keys(transports)) {
			const uuid = own(`path-${n}-${transport}`);
			const client = start(where, { version, transport, identity: { uuid } });
			assert.equal((await client.connected()).clientId, `${NAMESPACE}#${uuid}#web-${uuid}`);
		}
	}
});

socketRow("identity in the URL", "all of it", async ({ version, own }) => {
	const identity = { uuid: own("url"), userid: own("u"), platform: "ios" };
	const { clientId } = await start(1, { version, by: "url", identity }).connected();
	assert.equal(clientId, `${NAMESPACE}#${own("u")}#ios-${own("url")}`);
});

socketRow("identity in the CONNECT packet", "its query or its auth object", async ({ version, own }) => {
	const identity = { uuid: own("packet"), userid: own("p"), platform: "android" };
	const { clientId } = await start(2, { version, by: "connect", identity }).connected();
	assert.equal(clientId, `${NAMESPACE}#${own("p")}#android-${own("packet")}`);
});

socketRow("identity by default", "the uuid is the user, the platform web", async ({ version, own }) => {
	for (const by of ["url", "connect"]) {
		const uuid = own(`default-${by}`);
		const client = start(1, { version, by, identity: { uuid } });
		assert.equal((await client.connected()).clientId, `${NAMESPACE}#${uuid}#web-${uuid}`);
	}
	// each character that names may have
	const uuid = own("aZ09_.\\-$#/");
	const client = start(2, { version, identity: { uuid } });
	assert.equal((await client.connected()).clientId, `${NAMESPACE}#${uuid}#web-${uuid}`);
	await owner.push(`user_${uuid}`, {});
	await until("a push to that user", () => client.pushes.length === 1);
});

socketRow("identity of the URL first", "before that of the packet", async ({ version, own }) => {
	const identity = { uuid: own("first"), platform: "ios" };
	const claimed = { uuid: own("second"), userid: own("by-packet"), platform: "android" };
	const client = start(1, { version, by: "both", identity, claimed });
	assert.equal((await client.connected()).clientId, `${NAMESPACE}#${own("by-packet")}#ios-${own("first")}`);
});

socketRow("refused and never connected", "in every order of events", async ({ version, own }) => {
	for (const [namespace, identity] of [["/nobody", { uuid: own("no") }], [NAMESPACE, { uuid: "a b" }]]) {
		for (const transport of ["websocket", "polling"]) {
			const client = start(1, { version, transport, namespace, identity });
			await refusal(client);
			client.close();
			assert.deepEqual(client.events.filter(({ type }) => type === "connect"), []);
		}
	}
});

socketRow("ok down", "tells the client who it is", async ({ version, own }) => {
	for (const n of [1, 2]) {
		const client = start(n, { version, identity: { uuid: own(`ok-${n}`) } });
		const { system, port, clientId, ...rest } = await client.connected();
		assert.deepEqual(rest, {});
		assert.equal(typeof system, "string");
		assert.equal(port, Number(new URL(stack.connector(n).url).port));
		assert.equal(clientId, `${NAMESPACE}#${own(`ok-${n}`)}#web-${own(`ok-${n}`)}`);
	}
});

socketRow("order after acceptance", "connect, ok, then everything else", async ({ version, own }) => {
	const uuid = own("order");
	const client = start(1, { version, identity: { uuid } });
	const order = [];
	client.socket.on("connect", () => order.push("connect"));
	for (const name of ["ok", "push"])
		client.socket.on(name, () => order.push(name));
	// from before it is there until it has one
	await until("a push", async () => {
		await owner.push(`user_${uuid}`, {});
		return order.includes("push");
	}, 10_000);
	assert.deepEqual(order.slice(0, 3), ["connect", "ok", "push"]);
	assert.equal(order.filter((name) => name === "ok").length, 1);
});

socketRow("events sent at once", "are handled, not lost", async ({ version, own }) => {
	for (const transport of Object.keys(transports)) {
		const room = own(`early-${transport}`);
		const client = start(2, { version, transport, identity: { uuid: room } });
		// put into line before the client is connected, sent as soon as it is
		const answers = ["joinRoom", "push"].map((event) => client.call(event,
			event === "push" ? { room, pushData: { early: true } } : room));
		const [joined, pushed] = await Promise.all(answers);
		assert.deepEqual([joined.status, pushed.status], [200, 200]);
		assert.equal((await owner.online(room)).clientCount, 1);
	}
});

socketRow("duplicate_client = replace", "the newest stays, on every connector", async ({ version, other, own }) => {
	const uuid = own("twice");
	const room = own("twice-room");
	let last = start(1, { version, identity: { uuid } });
	await last.connected();
	for (const [n, v] of [[1, version], [2, other], [1, version], [2, version]]) {
		const newer = start(n, { version: v, identity: { uuid } });
		await newer.connected();
		await until("the older one is closed", () => last.lost.length === 1);
		await newer.join(room);
		const { id } = await owner.push(room, {});
		await until("the push at the newer one", () => newer.pushes.some((push) => push.id === id));
		assert.deepEqual((await owner.online(room, true)).client, [`${NAMESPACE}#${uuid}#web-${uuid}`]);
		assert.equal((await owner.online(`user_${uuid}`)).clientCount, 1);
		last = newer;
	}
});

row("duplicate_client = reject", "a second connection is refused, on every connector", async () => {
	const strict = await startStack({ connectors: 2,
		set: { redis_timeout: "5s", duplicate_client: "reject" } });
	const clients = [];
	try {
		const api = await strict.namespace(NAMESPACE);
		const identity = { uuid: "one" };
		const first = await connectClient(strict.connector(1),
			{ version: "2.3.0", namespace: NAMESPACE, identity });
		clients.push(first);
		for (const version of versions) {
			for (const n of [1, 2]) {
				const second = new Client(strict.connector(n), { version, namespace: NAMESPACE, identity });
				clients.push(second);
				assert.deepEqual(await within(20_000, "refusal", second.first),
					{ type: "refused", data: "socket.id conflict" });
				second.close();
			}
		}
		const { id } = await api.push("user_one", {});
		await until("a push at the first one", () => first.pushes.some((push) => push.id === id));
		assert.deepEqual(first.lost, []);
		// free again as soon as it is gone
		first.close();
		await until("nobody online", async () => (await api.online("user_one")).clientCount === 0);
		clients.push(await connectClient(strict.connector(2),
			{ version: "4.8.4", namespace: NAMESPACE, identity }));
	} finally {
		clients.forEach((client) => client.close());
		await strict.stop();
	}
});

row("duplicate_client = reject", "a connection whose connector is lost does not count", async () => {
	const strict = await startStack({ connectors: 2,
		set: { redis_timeout: "2s", duplicate_client: "reject", lease_time: "3s" } });
	const clients = [];
	const connect = (n) => {
		const client = new Client(strict.connector(n),
			{ version: "4.8.4", namespace: NAMESPACE, identity: { uuid: "one" } });
		clients.push(client);
		return client;
	};
	try {
		await strict.namespace(NAMESPACE);
		await connect(1).connected();
		await strict.kill("connector-1");
		await until("a place at the other connector", async () => {
			const { type } = await within(20_000, "an answer", connect(2).first);
			return type === "connect";
		});
	} finally {
		clients.forEach((client) => client.close());
		await strict.stop();
	}
});
