// One business system tries to reach into the namespace of another: through every endpoint and every
// event that the programs' tables name. It never sees what is the other's, and changes nothing of it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { connectClient, versions } from "./lib/client.mjs";
import { keyspace, restingKeyspace } from "./lib/keyspace.mjs";
import { basic, request } from "./lib/rest.mjs";
import { events, routes } from "./lib/routes.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const VICTIM = "/victim";
const ATTACKER = "/attacker";
const MARK = "OF-THE-VICTIM"; // in all that is the victim's own
const SHARED = { room: "room", uuid: "uuid", userid: "user" }; // names that both have
const ID = `${VICTIM}#${SHARED.userid}#ios-${SHARED.uuid}`;
const EVENT_ID = `1-${MARK}`;

// What each endpoint is asked by somebody who wants what is the victim's: bodies, or queries of a GET.
// Every one of them is also sent with all the ways there may be to name another namespace.
const attempts = {
	"GET /health": [{}],
	"POST /api/auth/login": [{}],
	"POST /api/auth/push": [
		{ room: SHARED.room, pushData: { evil: 1 } },
		{ room: `user_${SHARED.userid}`, pushData: { evil: 1 }, except: ID, from: ID },
		{ room: `${VICTIM}#${SHARED.room}`, pushData: { evil: 1 }, leaveMessage: true, apnsName: "a" },
	],
	"POST /api/auth/push/batch": [
		{ messages: [{ room: SHARED.room, pushData: { evil: 1 } },
			{ rooms: [`${VICTIM}#${SHARED.room}`, `user_${SHARED.userid}`], pushData: { evil: 1 }, from: ID }] },
		{ messages: [{ room: SHARED.room, pushData: { evil: 1 } }], idempotency_key: SHARED.room },
	],
	"GET /api/auth/report/push": [{}, { page: 1, size: 500 }],
	"GET /api/auth/report/push/:id": [{ ackDetail: 1 }],
	"GET /api/auth/report/push/:id/timeline": [{}],
	"GET /api/auth/history": [{}, { size: 500 }, { room: SHARED.room }, { q: MARK }, { q: "evil OR 1" }],
	"GET /api/auth/history/stat": [{}, { by: "hour" }],
	"GET /api/auth/history/export": [{}, { format: "csv" }, { q: MARK }],
	"GET /api/auth/history/clients": [{}, { size: 500 }, { user: SHARED.userid }, { client: ID }],
	"GET /api/auth/history/:id": [{}],
	"GET /api/auth/report/online": [{ detail: 1 }, { detail: 1, room: SHARED.room },
		{ detail: 1, room: MARK }],
	"GET /api/auth/clients": [{}, { size: 1000, room: SHARED.room }, { user: SHARED.userid },
		{ room: MARK }, { room: `{${VICTIM}}:room:${SHARED.room}` }],
	"GET /api/auth/rooms": [{}, { size: 1 }, { key: "m" }],
	"GET /api/auth/users": [{}, { size: 1 }, { q: SHARED.userid }, { key: "m" }],
	"POST /api/auth/transfer": [
		{ targetRoom: "moved", sourceRooms: [SHARED.room, MARK, `user_${SHARED.userid}`], type: "join" },
		{ targetRoom: SHARED.room, sourceRooms: [SHARED.room], type: "leave" },
	],
	"POST /api/auth/client": [{ id: ID }, { id: ID, mobile: "evil" }, { id: ID, nspName: ATTACKER }],
	"POST /api/auth/client/disconnect": [{ id: ID }, { userid: SHARED.userid }, { room: MARK }],
	"POST /api/auth/room-apns": [{ room: SHARED.room, add: ["evil"] }, { room: MARK, remove: ["quiet"] }],
	"POST /api/auth/room-leave-message": [{ room: SHARED.room, leaveMessage: false }, { room: MARK }],
	"POST /api/auth/token": [{ name: "evil", scope: "all" }],
	"GET /api/auth/token": [{}],
	"POST /api/auth/token/revoke": [{ id: "AAAAAAAAAAAA" }, { id: MARK }],
	"GET /api/auth/namespace": [{}],
	"POST /api/auth/namespace/save": [{ key: VICTIM, name: "evil", auth_passwd: `password of ${ATTACKER}` },
		{ key: VICTIM, apns_list: [{ name: "a", del: true }] }],
	"GET /api/auth/namespace/dead-callbacks": [{}],
	"POST /api/auth/namespace/dead-callbacks/replay": [{ eventId: EVENT_ID }, {}],
	"GET /api/auth/namespace/current-message-stat": [{}],
	"GET /api/auth/namespace/message-stat": [{}, { by: "minute" }, { by: "day", from: 0, to: 1 }],
	// for the administrator, who asks about another namespace
	"POST /api/admin/login": [{}],
	"GET /api/admin/overview": [{}],
	"GET /api/admin/settings": [{}],
	"GET /api/admin/metrics": [{}],
	"POST /api/admin/namespace/save": [{ key: ATTACKER, name: "again" }],
	"GET /api/admin/namespace/list": [{ key: ATTACKER, online: 1 }, { name: ATTACKER }],
	"GET /api/admin/report/online": [{ namespace: ATTACKER, detail: 1 },
		{ namespace: ATTACKER, detail: 1, room: SHARED.room }],
	"POST /api/admin/namespace/clear-realtime-data": [],
	"POST /api/admin/clear-legacy-client": [],
	"GET /api/admin/namespace/clear/:key": [],
	"POST /api/admin/namespace/clear/:key": [],
	"GET /api/admin/namespace/flush/:key": [],
	"POST /api/admin/namespace/flush/:key": [],
};
const REMOVING = Object.keys(attempts).filter((name) => attempts[name].length === 0);

// What each event may carry to the same end.
const said = {
	ackPush: (id) => [{ id }, { id: `${id}`, namespace: VICTIM, clientId: ID }],
	apns: () => [{ add: ["evil"], clientId: ID, namespace: VICTIM }, {}],
	discover: () => [{ longitude: 40, latitude: 40, radius: 20_000, namespace: VICTIM }],
	info: () => [{ clientId: ID, mobile: "evil" }, { clientId: ID },
		{ mobile: "evil", nspName: VICTIM, namespace: VICTIM, userId: SHARED.userid, longitude: 40, latitude: 40 },
		{ namespace: VICTIM }],
	joinRoom: () => [SHARED.room, MARK, [`{${VICTIM}}`, `${VICTIM}#${SHARED.room}`]],
	leaveRoom: () => [[SHARED.room, MARK, `user_${SHARED.userid}`]],
	refreshToken: () => [`${VICTIM}.${MARK}.x`, { token: "x", namespace: VICTIM, clientId: ID }],
	push: () => [{ room: SHARED.room, pushData: { evil: 1 }, namespace: VICTIM, except: ID },
		{ room: MARK, pushData: { evil: 1 }, namespace: VICTIM, from: ID }],
};

let stack;
let victim;
let attacker;
let message; // id of a push of the victim; the attacker has one of that id too
const clients = [];

// Clients of every kind in a namespace.
async function connect(key, mark) {
	const all = [];
	for (const [n, version] of versions.entries()) {
		for (const platform of ["ios", "android"]) {
			const uuid = n ? `${SHARED.uuid}${n}` : SHARED.uuid;
			const client = await connectClient(stack.connector(1 + n), { version, namespace: key,
				identity: { uuid, userid: SHARED.userid, platform, activityBroadcast: true } });
			clients.push(Object.assign(client, { key, heard: [] }));
			all.push(client);
			await client.join([SHARED.room, mark]);
			await client.call("info", { mobile: mark, longitude: 40, latitude: 40 });
			if (platform === "ios")
				await client.call("apns", { add: ["quiet", mark] });
		}
	}
	return all;
}

// Says the same in both namespaces; only the victim's has the mark.
async function fill(key, mark) {
	const rest = await stack.namespace(key);
	await rest.post("/api/auth/namespace/save", { name: `${key} ${mark}`, callback_auth: mark,
		apns_list: [{ name: "a", apns_topic: mark }] });
	const own = await connect(key, mark);
	const { id } = await rest.push(SHARED.room, { mark }, { from: mark });
	for (const client of own) {
		await until(`the push at ${client.name}`, () => client.pushes.length === 1);
		client.socket.emit("ackPush", { id });
		for (const name of ["push", "joinRoom", "leaveRoom", "peopleJoin", "peopleLeave", "kicked"])
			client.socket.on(name, (data) => client.heard.push([name, data]));
	}
	// a callback that was given up
	await stack.redis("LPUSH", `lp:{${key}}:dead-callbacks`, JSON.stringify({ n: key, c: `${key}#u#web-u`,
		q: `token=${mark}`, u: "1", e: `1-${mark}`, t: "1", a: "9", reason: mark, date: "1" }));
	return { rest, id };
}

before(async () => {
	stack = await startStack({ connectors: 2, archive: true, set: { redis_timeout: "5s", archive_clients: "true", client_push_interval: "0ms" } });
	({ rest: victim, id: message } = await fill(VICTIM, MARK));
	const mirror = await fill(ATTACKER, "mine");
	attacker = mirror.rest;
	assert.equal(mirror.id, message);
	for (const rest of [victim, attacker]) {
		await until("the archive has both", async () => (await rest.get("/api/auth/history")).list.length === 1, 30_000);
		await until("the archive has the clients", async () =>
			(await rest.get("/api/auth/history/clients")).list.length === 4, 30_000);
		await until("all acks", async () => (await rest.get(`/api/auth/report/push/${message}`)).ackCount === "4");
	}
});

after(async () => {
	clients.forEach((client) => client.close());
	await stack?.stop();
});

const ofVictim = () => clients.filter(({ key }) => key === VICTIM);

// All that the victim has, once what came of its pushes is written: to whom connectors handed the last
// one, and how far the archive is.
const resting = () => until("the victim's pushes are written", async () => {
	const had = await restingKeyspace(stack, VICTIM);
	const handed = Object.entries(had[`msg:${had.seq}`]).filter(([name]) => name[0] === "@")
		.flatMap(([, counts]) => counts.split("/")).reduce((all, count) => all + Number(count), 0);
	return handed === ofVictim().length && had.archive.last === had.seq && had;
});

// Whatever fn does, the victim has the same as before and its clients have heard nothing.
async function unharmed(fn) {
	const had = await resting();
	await fn();
	assert.deepEqual(await restingKeyspace(stack, VICTIM), had);
	// each connector does in order what it is told: one push behind all that may be under way
	const { id } = await victim.push(MARK, { last: true });
	for (const client of ofVictim()) {
		await until(`the last push at ${client.name}`, () => client.pushes.some((push) => push.id === id));
		assert.deepEqual(client.heard.filter(([, data]) => data.id !== id), [], client.name);
		assert.deepEqual(client.lost, []);
		client.heard = [];
	}
}

const hides = (answer, what) => assert.ok(!answer.includes(MARK), `${what}: ${answer.slice(0, 500)}`);

// Sends an attempt as it is, and with every name for another namespace added.
async function send(rest, { method, path }, attempt) {
	const naming = { namespace: VICTIM, nsp: VICTIM, nspName: VICTIM, key: VICTIM, clientId: ID, user: VICTIM };
	const url = path.replace(":id", `${message}`);
	const header = { ...rest.headers, namespace: VICTIM, "x-namespace": VICTIM };
	const asked = [];
	for (const [fields, headers] of [[attempt, rest.headers], [{ ...naming, ...attempt }, header]]) {
		const query = new URLSearchParams(method === "GET" ? fields : { ...naming, ...fields });
		const answer = await request(rest.base, method, `${url}?${query}`, { headers, described: false,
			body: method === "GET" ? undefined : fields });
		assert.ok(answer.status < 500, answer.text);
		asked.push(answer);
	}
	return asked;
}

test("every endpoint and every event has an attempt in this file", () => {
	assert.deepEqual(routes().map(({ method, path }) => `${method} ${path}`)
		.filter((name) => !attempts[name]), []);
	assert.deepEqual(events().filter((name) => !said[name]), []);
});

for (const route of routes()) {
	const name = `${route.method} ${route.path}`;
	test(`no way across: ${name}`, () => unharmed(async () => {
		const rest = route.auth === "admin" ? stack.admin : attacker;
		for (const attempt of attempts[name] ?? []) {
			for (const answer of await send(rest, route, attempt)) {
				// a name that was asked for comes back with the count of nobody
				hides(attempt.room === MARK ? answer.text.replace(`"name":"${MARK}"`, "") : answer.text, name);
			}
		}
		if (route.auth === "none")
			return;
		// with credentials that are another's
		const password = `password of ${ATTACKER}`;
		const { LP_ADMIN_USER, LP_ADMIN_PASSWORD } = stack.env;
		const strangers = route.auth === "admin"
			? [[ATTACKER, password], [LP_ADMIN_USER, password], [VICTIM, `password of ${VICTIM}`]]
			: [[VICTIM, password], [`${ATTACKER}:${VICTIM}`, password], [VICTIM, ""],
				[VICTIM, LP_ADMIN_PASSWORD], [LP_ADMIN_USER, LP_ADMIN_PASSWORD]];
		for (const [user, secret] of strangers) {
			const answer = await request(attacker.base, route.method,
				route.path.replace(":id", `${message}`).replace(":key", VICTIM.slice(1)),
				{ headers: { authorization: basic(user, secret) },
					body: route.method === "GET" ? undefined : { ...attempts[name]?.[0], key: VICTIM } });
			assert.ok([400, 401].includes(answer.status), `${user}: ${answer.status} ${answer.text}`);
			hides(answer.text, name);
		}
	}));
}

// Names that are like the victim's, or that a pattern for keys could take for it.
for (const key of ["/victi", "/victim2", "/victim/", "//victim", "/victi\\m", "/victim#user", "/VICTIM"]) {
	test(`what is removed of ${key} is not the victim's`, () => unharmed(async () => {
		const rest = await stack.namespace(key);
		await rest.push(SHARED.room, {});
		await stack.admin.post("/api/admin/namespace/save", { key, offline: "on" });
		for (const name of REMOVING) {
			const [method, path] = name.split(" ");
			const url = path.replace(":key", () => encodeURIComponent(key));
			const body = method === "GET" ? undefined : { namespace: key };
			const answer = await stack.admin.send(method, url, body, { described: false });
			hides(answer.text, name);
			if (answer.status === 200 && name.includes("flush"))
				assert.deepEqual(Object.keys(await keyspace(stack, key)), []);
		}
		await rest.refused("POST", "/api/auth/login", {}, 400, "namespace not found");
	}));
}

for (const name of events()) {
	test(`no way across: ${name} of a client`, () => unharmed(async () => {
		for (const client of await connect(ATTACKER, "mine")) {
			for (const what of said[name]?.(message) ?? [])
				hides(JSON.stringify(await answerTo(client, name, what)), name);
			client.close();
		}
	}));
}

// ackPush has no answer; that of a later event says that it was read.
async function answerTo(client, name, what) {
	if (name !== "ackPush")
		return client.call(name, what);
	client.socket.emit(name, what);
	return client.call("info", {});
}

for (const version of versions) {
	test(`no way across: who connects as the victim's client; ${version}`, () => unharmed(async () => {
		for (const by of ["url", "connect"]) {
			const client = await connectClient(stack.connector(1), { version, by, namespace: ATTACKER,
				identity: { ...SHARED, platform: "ios", namespace: VICTIM, nsp: VICTIM, clientId: ID } });
			const { clientId } = await client.ok;
			assert.equal(clientId, `${ATTACKER}#${SHARED.userid}#ios-${SHARED.uuid}`);
			hides(JSON.stringify(await client.call("info", {})), "info");
			client.close();
		}
	}));
}
