// A. The HTTP handshake and its errors.

import { joined, opened, row, test } from "../lib/cases.mjs";
import { requestBytes } from "../lib/connection.mjs";
import { Phrase, check, same } from "../lib/expect.mjs";
import { isError, isOk, joinedWith } from "../lib/session.mjs";
import { acceptOf, upgradeRequest } from "../lib/websocket.mjs";

const keys = ["maxPayload", "pingInterval", "pingTimeout", "sid", "upgrades"];

test("A1", async (t) => {
	const { status, headers, text, body } = await t.get("EIO=4&transport=polling");
	same(status, 200);
	same(headers["content-type"], "text/plain; charset=UTF-8");
	same(headers["cache-control"], "no-store");
	same(headers["content-length"], String(body.length));
	same(text[0], "0");
	const open = JSON.parse(text.slice(1));
	same(Object.keys(open).sort(), keys);
	const { sid, ...rest } = open;
	same(sid, /^[A-Za-z0-9_-]{16,}$/);
	same(rest, { upgrades: ["websocket"], pingInterval: 300, pingTimeout: 200, maxPayload: 1000000 });
}, { server: "quick" });

test("A2", async (t) => {
	const { status, text } = await t.get("EIO=3&transport=polling&b64=1");
	same(status, 200);
	const [, length, rest] = /^(\d+):(.*)$/.exec(text);
	const open = rest.slice(0, Number(length));
	const { sid, upgrades, pingInterval, pingTimeout } = JSON.parse(open.slice(1));
	same([open[0], upgrades, pingInterval, pingTimeout], ["0", ["websocket"], 300, 200]);
	same(sid, /^[A-Za-z0-9_-]{16,}$/);
	same(rest.slice(Number(length)), (more) => more === "" || more === "2:40");
}, { server: "quick" });

test("A4", async (t) => isError(await t.get("transport=polling&b64=1"), 5), { server: "strict" });

for (const eio of ["5", "abc", "", "44"])
	test("A5", async (t) => isError(await t.get(`EIO=${eio}&transport=polling`), 5),
		{ label: `EIO=${eio}` });

test("A6", async (t) => isError(await t.get("EIO=3&transport=polling"), 5), { server: "eio4" });

for (const transport of ["", "&transport=abc", "&transport=__proto__", "&transport=toString",
	"&transport=webtransport"])
	test("A7", async (t) => isError(await t.get(`EIO=4${transport}`), 0), { label: transport });

for (const sid of ["nope", "__proto__", "constructor"])
	test("A8", async (t) => isError(await t.get(`EIO=4&transport=polling&sid=${sid}`), 1),
		{ label: sid });

for (const method of ["POST", "PUT", "DELETE"])
	test("A9", async (t) => {
		const path = "/socket.io/?EIO=4&transport=polling";
		isError(await t.request({ method, path, body: "" }), 2);
	}, { label: method });

test("A11", async (t) => isError(await t.get("EIO=4&transport=websocket"), 3));

for (const query of ["EIO=4&transport=polling&sid=", "EIO=4&transport=%70olling"])
	test(query.includes("sid") ? "A12" : "A13", async (t) => {
		const { status, text } = await t.get(query);
		same(status, 200);
		same(text, /^0\{"sid":/);
	});

test("A14", async (t) => isError(await t.get("EIO=4&transport=polling&deny="), 4),
	{ label: "without a reason" });
test("A14", async (t) => {
	isError(await t.get("EIO=4&transport=polling&deny=not%20today"), 4, "not today");
}, { label: "with a reason" });

test("A15", async (t) => isError(await t.get("EIO=4&transport=polling"), 0),
	{ server: "websocket" });

for (const method of ["PUT", "DELETE"])
	row("A16", joined(4, "P"), async (s) => {
		const { status } = await s.request({ method, body: "" });
		same(status, (got) => got === 500 || got === 405);
		await s.isAlive();
	}, { label: method });

test("A18", async (t) => {
	const { status } = await t.request({ path: "/socket.io?EIO=4&transport=polling" });
	same(status, (got) => got === 200 || got === 404);
	await t.passed();
});

test("A19", async (t) => {
	same((await t.request({ path: "/other/?EIO=4&transport=polling" })).status, 404);
});

row("A20", joined(4, "P", { query: "&uuid=u%201&x=1,2&y=%zz&a=b&a=c" }), async (s) => {
	const { uuid, x, y } = (await joinedWith(s)).query;
	same({ uuid, x, y }, { uuid: "u 1", x: "1,2", y: "%zz" });
});

test("A21", async (t) => {
	const ws = await t.websocket("EIO=4&transport=websocket");
	const open = await ws.next();
	same(open, new Phrase(
		'0{"sid":"<id>","upgrades":[],"pingInterval":300,"pingTimeout":200,"maxPayload":1000000}'));
}, { server: "quick" });

test("A22", async (t) => {
	const ws = await t.websocket("EIO=3&transport=websocket");
	await ws.gets(/^0\{"sid":"/, "40");
});

// The answer to a request for a websocket that is no 101: the bare message, then the end.
async function refused(t, query, headers, method) {
	const c = t.connect();
	c.write(upgradeRequest(t.server.hostHeader, `/socket.io/?${query}`, headers, method));
	const answer = await c.response();
	same(answer.status, 400);
	await c.end();
	return answer;
}

for (const [query, text] of [
	["EIO=4", "Transport unknown"],
	["EIO=4&transport=abc", "Transport unknown"],
	["EIO=4&transport=websocket&sid=nope", "Session ID unknown"],
	["EIO=3&transport=websocket&sid=nope", "Session ID unknown"],
])
	test("A23", async (t) => {
		const answer = await refused(t, query);
		same(answer.headers["content-type"], /^text\/html/);
		same(answer.text, text);
	}, { label: query });

test("A25", async (t) => {
	const c = t.connect();
	const { hostHeader } = t.server;
	c.write(upgradeRequest(hostHeader, "/socket.io/?EIO=4&transport=polling"));
	const { status } = await c.response();
	check(status === 400 || status === 101, "status 400, or 101 and CLOSE", status);
	if (status === 101)
		same(await c.until(() => (c.bytes.length >= 2 ? c.take(2) : undefined), "CLOSE"),
			Buffer.from([0x88, 0]));
});

test("A26", async (t) => {
	same((await refused(t, "EIO=4&transport=websocket&deny=not%20today")).text, "not today");
});

for (const [label, headers, method] of [
	["version 12", { "Sec-WebSocket-Version": 12 }],
	["short key", { "Sec-WebSocket-Key": "short" }],
	["POST", {}, "POST"],
])
	test("A27", (t) => refused(t, "EIO=4&transport=websocket", headers, method), { label });

test("A28", async (t) => {
	const key = "dGhlIHNhbXBsZSBub25jZQ==";
	const ws = await t.websocket("EIO=4&transport=websocket", { "Sec-WebSocket-Key": key });
	same(ws.answer.headers["sec-websocket-accept"], "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
	same(acceptOf(key), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

test("A29", async (t) => {
	const headers = { "Sec-WebSocket-Protocol": "foo, bar" };
	const ws = await t.websocket("EIO=4&transport=websocket", headers);
	same(ws.answer.headers["sec-websocket-protocol"], "foo");
});

for (const pipelined of [false, true])
	test("A30", async (t) => {
		const c = t.connect();
		const one = requestBytes(t.server.hostHeader, { path: "/socket.io/?EIO=4&transport=polling" });
		c.write(one, pipelined ? one : "");
		const first = await c.response();
		if (!pipelined)
			c.write(one);
		const second = await c.response();
		const [a, b] = [first, second].map(({ text }) => JSON.parse(text.slice(1)).sid);
		check(a !== b, "two sessions", [a, b]);
	}, { label: pipelined ? "pipelined" : "one after the other" });

for (const [label, headers, body] of [
	["length and chunked", { "Content-Length": 2, "Transfer-Encoding": "chunked" }, "2\r\n40\r\n0\r\n\r\n"],
	["two lengths", { "Content-Length": "2\r\nContent-Length: 3" }, "40"],
	["bad chunk", { "Transfer-Encoding": "chunked" }, "zz\r\n40\r\n0\r\n\r\n"],
])
	row("A32", opened(4, "P"), async (s, t) => {
		const c = t.connect();
		c.write(requestBytes(t.server.hostHeader,
			{ method: "POST", path: s.url(""), headers, body }));
		same((await c.response()).status, 400);
		await c.end();
	}, { label });

row("A33", opened(4, "P"), async (s) => {
	const headers = { "Transfer-Encoding": "chunked" };
	const body = "1\r\n4\r\n1;ext=1\r\n0\r\n0\r\n\r\n";
	isOk(await s.post(body, headers));
	await s.gets(new Phrase('40{"sid":"<id>"}'));
});
