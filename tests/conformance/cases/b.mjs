// B. Origins, the cookie, compression.

import { promisify } from "node:util";
import zlib from "node:zlib";

import { joined, opened, row, test } from "../lib/cases.mjs";
import { Close, check, same } from "../lib/expect.mjs";
import { isError } from "../lib/session.mjs";
import { TEXT, frame, upgradeRequest } from "../lib/websocket.mjs";

const allowed = { Origin: "http://a.b" };
const foreign = { Origin: "http://evil.example" };
const origins = { server: "origins" };

const isAllowed = (headers) =>
	same([headers["access-control-allow-origin"], headers["access-control-allow-credentials"]],
		["http://a.b", "true"]);

test("B1", async (t) => {
	const { status, headers } = await t.get("EIO=3&transport=polling&b64=1", allowed);
	same(status, 200);
	isAllowed(headers);
}, origins);

test("B2", async (t) => {
	const { status, headers } = await t.get("EIO=3&transport=polling&b64=1");
	same(status, 200);
	same(headers["access-control-allow-origin"], (got) => got === undefined || got === "*");
}, origins);

test("B3", async (t) => {
	const answer = await t.get("EIO=3&transport=polling&sid=nope", allowed);
	isError(answer, 1);
	isAllowed(answer.headers);
}, origins);

row("B4", opened(3, "P"), async (s) => {
	const { status, headers } = await s.request({
		method: "OPTIONS",
		headers: {
			...allowed,
			"Access-Control-Request-Method": "POST",
			"Access-Control-Request-Headers": "content-type",
		},
	});
	same(status, (got) => got >= 200 && got < 300);
	isAllowed(headers);
	same(headers["access-control-allow-headers"], /content-type/i);
}, origins);

test("B6", async (t) => {
	const { headers } = await t.get("EIO=4&transport=polling", foreign);
	same(headers["access-control-allow-origin"],
		(got) => got !== "*" && got !== "http://evil.example");
}, origins);

// Any origin, by name or as "*"; but "*" and credentials do not go together.
test("B7", async (t) => {
	const { status, headers } = await t.get("EIO=4&transport=polling", allowed);
	same(status, 200);
	if (headers["access-control-allow-origin"] === "*")
		same(headers["access-control-allow-credentials"], undefined);
	else
		isAllowed(headers);
}, { server: "any-origin" });

test("B8", async (t) => {
	const c = t.connect();
	const path = "/socket.io/?EIO=4&transport=websocket";
	c.write(upgradeRequest(t.server.hostHeader, path, foreign));
	same((await c.response()).status, (got) => got === 400 || got === 403);
}, origins);

const cookie = { server: "cookie" };

row("B9", joined(3, "P"), (s) => {
	same(s.handshake.headers["set-cookie"], `io=${s.sid}; Path=/; HttpOnly; SameSite=Strict`);
}, cookie);

row("B10", opened(4, "P"), async (s) => {
	same(s.handshake.headers["set-cookie"], `io=${s.sid}; Path=/; HttpOnly; SameSite=Lax`);
	await s.send("40");
	same((await s.poll()).headers["set-cookie"], undefined);
}, cookie);

const long = `42["echo","${"x".repeat(2000)}"]`;
const unpack = { gzip: zlib.gunzipSync, deflate: zlib.inflateSync };

for (const [id, accepted] of [["B11", "gzip"], ["B13", undefined]])
	row(id, joined(4, "P"), async (s) => {
		await s.send(long);
		const headers = accepted && { "Accept-Encoding": accepted };
		const answer = await s.request({ headers });
		const encoding = answer.headers["content-encoding"] ?? "identity";
		same(encoding, (got) => got === "identity" || got === accepted);
		same((unpack[encoding]?.(answer.body) ?? answer.body).toString(), long);
	});

row("B14", [3, 4].map((eio) => joined(eio, "W", {
	headers: { "Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits" },
})), async (s) => {
	const extensions = s.ws.answer.headers["sec-websocket-extensions"];
	same(extensions, (got) => got === undefined || /^permessage-deflate(;|$)/.test(got));
	s.send(long);
	await s.gets(long);
});

test("B15", async (t) => {
	const c = t.connect();
	c.write(upgradeRequest(t.server.hostHeader, "/socket.io/?EIO=4&transport=websocket",
		{ "Sec-WebSocket-Extensions": "permessage-deflate; foo=1" }));
	const { status, headers } = await c.response();
	same(status, (got) => got === 101 || got === 400);
	same(headers["sec-websocket-extensions"], undefined);
});

// Without the extension the frame is as wrong as any with RSV1.
row("B16", joined(4, "W", {
	headers: { "Sec-WebSocket-Extensions": "permessage-deflate" },
}), async (s, t) => {
	const deflated = s.ws.answer.headers["sec-websocket-extensions"] !== undefined;
	const bomb = await promisify(zlib.deflateRaw)(Buffer.alloc(50e6, "x"));
	s.ws.write(frame(TEXT, bomb, { rsv: 4 }));
	same(await s.next(), new Close(deflated ? 1009 : 1002));
	check(t.server.memory() < 300, "less than 300 MB", t.server.memory());
}, { server: "abused" });
