// Requests that are too large, too slow, or not what they seem.

import { opened } from "../lib/cases.mjs";
import { attack, fate, head, pipeline, sleep } from "./attacks.mjs";

const open = opened(4, "P");
const poll = "/socket.io/?EIO=4&transport=polling";
const text = { "Content-Type": "text/plain;charset=UTF-8" };
const chunked = { ...text, "Transfer-Encoding": "chunked" };
const smuggled = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";

// A session, the fate of a request in it, and the session's.
async function inSession(t, write) {
	const s = await t.open(open);
	const connection = t.connect();
	await write(connection, s);
	return `${await fate(connection)}, session ${await t.pollFate(s)}`;
}

attack("declared", "POST with Content-Length 10^12 and no body", "100 × 413, closed, session closed",
	(t) => t.times(100, () => inSession(t, (c, s) =>
		c.write(head(t.server, "POST", s.url(""), { ...text, "Content-Length": 10 ** 12 })))));

attack("oversize-body", "POST of max_payload + 1 bytes (here 100,001)",
	"100 × 413, closed, session closed",
	(t) => t.times(100, () => inSession(t, (c, s) => {
		c.write(head(t.server, "POST", s.url(""), { ...text, "Content-Length": 100001 }));
		c.write(Buffer.alloc(100001, "4"));
	})), { server: ["--max-payload", "100000"] });

attack("endless-chunks", "chunked POST that never ends, in chunks of 1000 bytes",
	"50 × 413, closed, session closed",
	(t) => t.times(50, () => inSession(t, async (c, s) => {
		c.write(head(t.server, "POST", s.url(""), chunked));
		for (let i = 0; i < 150; i++)
			c.write(`3e8\r\n${"4".repeat(1000)}\r\n`);
		await c.flushed();
	})), { server: ["--max-payload", "100000"] });

const badChunks = [
	"-1\r\n", "0x1\r\na\r\n", "FFFFFFFFFFFFFFFFF\r\n", "FFFFFFFFFFFFFFFF\r\n", " 1\r\na\r\n", "1 1\r\na\r\n",
	"\r\n", "g\r\n", "1\r\nab\r\n", "1\na\n0\n\n", "+1\r\na\r\n", `1;${"x".repeat(100000)}\r\n`,
	`0\r\n${"Trailer: x\r\n".repeat(10000)}`, `${"0".repeat(100000)}1\r\n`,
];

attack("chunk-tricks", `bad chunk sizes, endless extensions and trailers (${badChunks.length} forms)`,
	"12 × 400, closed, session closed; 2 × 413, closed, session closed",
	(t) => t.each(badChunks, (bytes) => inSession(t, (c, s) =>
		c.write(head(t.server, "POST", s.url(""), chunked), bytes))));

const heads = [
	"POST PATH HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
	"POST PATH HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 40\r\n\r\n",
	"POST PATH HTTP/1.1\r\nHost: x\r\nContent-Length: 0, 40\r\n\r\n",
	"POST PATH HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
	"POST PATH HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n",
	"POST PATH HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\n",
	"POST PATH HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
	"POST PATH HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
	"POST PATH HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n",
	"POST PATH HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n",
	"POST PATH HTTP/1.1\r\nHost: x\r\nTransfer-Encoding:\r\n chunked\r\n\r\n",
	"GET PATH HTTP/1.1\r\nHost: x\r\nContent-Length: 60\r\n\r\n",
	"GET PATH HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
	"GET PATH HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n",
	"GET PATH HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
	"GET PATH HTTP/1.1\r\n Host: x\r\n\r\n",
	"GET PATH HTTP/2.0\r\n\r\n",
	"GET PATH\r\n\r\n",
	"GET  PATH HTTP/1.1\r\n\r\n",
	"GET http://x PATH HTTP/1.1\r\n\r\n",
	"GET PATH#fragment HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET PATH&a=\x80\xff HTTP/1.1\r\nHost: x\r\n\r\n",
	"GET PATH&a=\0 HTTP/1.1\r\nHost: x\r\n\r\n",
	"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
	"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 a TLS hello\r\n\r\n",
];

attack("smuggling", `heads with two lengths, two framings, odd bytes (${heads.length} forms), another request \
behind each`, `${heads.length} × 400, closed`,
	(t) => t.each(heads, (one) =>
		t.raw(Buffer.from(one.replace("PATH", poll) + smuggled, "latin1"))));

const queries = [
	"a=%zz", "a=%00&b=%ff", "a=%", "__proto__=1&constructor=2", "&&==&=&a", "a=" + "%41".repeat(3000),
];

attack("odd-queries", `queries with broken escapes, NUL, names of JavaScript (${queries.length} forms)`,
	`${queries.length} × 200`,
	(t) => t.each(queries, async (query) => (await t.get(`EIO=4&transport=polling&${query}`)).status));

const origins = ["http://a\r\nX-Injected: 1", "http://a\rb", "http://a\nX-Injected: 1", "http://\0", "\x7f"];

attack("origins", `Origin with CR, LF, NUL (${origins.length} forms), any origin allowed`,
	"4 × 400, closed; 1 × 200, closed",
	(t) => t.each(origins, async (origin) => {
		const c = t.connect();
		c.write(Buffer.from(`GET ${poll} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nOrigin: ${origin}\r\n\r\n`,
			"latin1"));
		const answer = await c.response();
		if (Object.entries(answer.headers).some(([name, value]) => name === "x-injected" || value.includes("\r")))
			return "injected";
		return `${answer.status}, ${await fate(c)}`;
	}), { server: ["--set", "cors_origins=*"] });

attack("long-heads", "64 KB of query, of one header, of headers without end",
	"90 × 431, closed",
	(t) => t.times(90, (i) => t.raw([
		`GET ${poll}&a=${"x".repeat(65536)} HTTP/1.1\r\nHost: x\r\n\r\n`,
		`GET ${poll} HTTP/1.1\r\nHost: x\r\nCookie: ${"x".repeat(65536)}\r\n\r\n`,
		`GET ${poll} HTTP/1.1\r\n${"A: b\r\n".repeat(5000)}`,
	][i % 3])));

attack("head-drips", "300 heads, byte by byte, each 10 ms one (header_timeout here 1 s)",
	"300 × 408, closed",
	(t) => t.times(300, async () => {
		const c = t.connect();
		const drip = setInterval(() => c.write("G"), 10);
		c.write(`GET ${poll}&a=`);
		const outcome = await fate(c);
		clearInterval(drip);
		return outcome;
	}, 300), { server: ["--set", "header_timeout=1s"] });

attack("silence", "500 connections that say nothing (header_timeout here 1 s)", "500 × closed",
	(t) => t.times(500, () => t.raw(""), 500), { server: ["--set", "header_timeout=1s"] });

attack("body-drips", "200 POSTs whose bodies come byte by byte, each 10 ms one (body_timeout here 1 s)",
	"200 × 408, closed, session closed",
	(t) => t.times(200, () => inSession(t, async (c, s) => {
		c.write(head(t.server, "POST", s.url(""), { ...text, "Content-Length": 90000 }));
		const drip = setInterval(() => c.write("4"), 10);
		await c.until(() => c.ended || undefined, "the end", 8000);
		clearInterval(drip);
	}), 200), { server: ["--set", "body_timeout=1s"] });

attack("unread-answers", "10 connections send requests without end and take no answers", "10 × closed",
	(t) => t.times(10, (i) => t.pour(t.connect(), Buffer.from("GET /health HTTP/1.1\r\n\r\n".repeat(1000)))),
	{ heavy: true, kept: 4 });

attack("descriptors", "400 connections to a server that may open 200 files",
	"left waiting; served when they are gone",
	async (t) => {
		const all = Array.from({ length: 400 }, () => t.connect());
		await sleep(500);
		all.forEach((c) => c.drop());
		const { status } = await t.get("EIO=4&transport=polling"); // it looks again every second
		return `left waiting; ${status === 200 ? "served when they are gone" : status}`;
	}, { files: 200, polling: false });

attack("pipelining", "100,000 requests for a path that is none, on one connection", "1 × all answered",
	(t) => t.times(1, async () => {
		await pipeline(t.server, "GET /none HTTP/1.1\r\nHost: x\r\n\r\n", 100000);
		return "all answered";
	}), { heavy: true });
