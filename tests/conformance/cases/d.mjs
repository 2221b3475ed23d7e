// D. Requests of a polling session at the same time; closing it; size limits.

import { both, joined, opened, row, test } from "../lib/cases.mjs";
import { requestBytes } from "../lib/connection.mjs";
import { check, same } from "../lib/expect.mjs";
import { isError, isOk } from "../lib/session.mjs";

const bad = (status) => status === 400 || status === 500;
const poll = [opened(3, "P"), opened(4, "P")];
const close = { 3: "1:1", 4: "1" };
const noop = { 3: "1:6", 4: "6" };

// A POST whose body never becomes complete; the server has what there is of it.
async function halfPost(s, t) {
	const c = t.connect();
	const body = s.encode('42["echo","half"]');
	const headers = { "Content-Type": "text/plain;charset=UTF-8", "Content-Length": 100 };
	c.write(requestBytes(t.server.hostHeader, { method: "POST", path: s.url(""), headers, body }));
	await t.passed();
	return c;
}

row("D2", poll, async (s, t) => {
	const first = await halfPost(s, t);
	same((await s.post(s.encode("40"))).status, bad);
	await first.end();
	await s.isGone();
});

row("D3", poll, async (s) => {
	if (s.eio === 3)
		await s.gets("40");
	const held = await s.hold();
	held.drop();
	same((await s.poll()).status, 400);
	await s.isGone();
});

row("D4", both("P"), async (s, t) => {
	const c = await halfPost(s, t);
	c.drop();
	await t.passed();
	await s.closed();
});

row("D5", poll, async (s) => {
	if (s.eio === 3) {
		await s.send('42["echo","x"]');
		await s.gets("40", '42["echo","x"]');
	} else {
		await s.send("40");
		await s.gets(/^40\{"sid":"/);
	}
});

row("D6", both("P"), async (s) => {
	const held = await s.hold();
	isOk(await s.post(close[s.eio]));
	same((await held.response()).text, noop[s.eio]);
	held.drop();
	await s.isGone();
});

row("D7", both("P"), async (s) => {
	isOk(await s.post(close[s.eio]));
	await s.isGone();
});

// The close packet may not come together with the last packets: clients of 4.x see it before them,
// take it for a lost connection and connect again.
for (const held of [true, false])
	row("D8", both("P"), async (s) => {
		const poll = held && (await s.hold());
		await s.send('42["byeall"]');
		same(s.decode(await (held ? poll.response() : s.poll())), ["41"]);
		same(s.decode(await s.poll()), (got) => got.at(-1) === "1");
		await s.isGone();
	}, { label: held ? "with a GET pending" : "without a GET" });

row("D9", joined(4, "P"), async (s) => {
	await s.send('42["byeall"]');
	await new Promise((resolve) => setTimeout(resolve, 30_500));
	await s.isGone();
}, { slow: true });

row("D10", joined(4, "W"), async (s) => isError(await s.request({}), 3));

// A payload of exactly that many bytes.
function payloadOf(s, size) {
	const bare = s.encode('42["echo",""]').length;
	const digits = s.eio === 3 && size > 100 ? String(size).length - 2 : 0;
	const text = s.encode(`42["echo","${"x".repeat(size - bare - digits)}"]`);
	const missing = size - text.length;
	return missing ? s.encode(`42["echo","${"x".repeat(size - bare - digits + missing)}"]`) : text;
}

row("D11", both("P"), async (s) => {
	const body = payloadOf(s, 1000);
	same(body.length, 1000);
	isOk(await s.post(body));
	same((await s.poll()).text, body);
}, { server: "small" });

row("D12", both("P"), async (s, t) => {
	const body = payloadOf(s, 1001);
	same(body.length, 1001);
	const c = t.connect();
	c.write(requestBytes(t.server.hostHeader, { method: "POST", path: s.url(""), body }));
	await c.until(() => c.bytes.length > 12 || c.ended || undefined, "413 or the end");
	if (!c.ended)
		same((await c.response()).status, 413);
}, { server: "small" });

row("D13", joined(4, "P"), async (s, t) => {
	const before = t.server.memory?.();
	const c = t.connect();
	const headers = { "Content-Length": 1e12 };
	c.write(requestBytes(t.server.hostHeader, { method: "POST", path: s.url(""), headers, body: "" }));
	await c.until(() => c.bytes.length > 12 || c.ended || undefined, "413 or the end", 35_000);
	if (!c.ended)
		same((await c.response()).status, 413);
	if (before)
		check(t.server.memory() - before < 50, "no memory for it", t.server.memory() - before);
}, { server: "abused" });

row("D14", joined(4, "P"), async (s, t) => {
	const c = t.connect();
	const body = '42["echo","slow bytes"]';
	const headers = { "Content-Length": body.length };
	c.write(requestBytes(t.server.hostHeader, { method: "POST", path: s.url(""), headers, body: "" }));
	let at = 0;
	const drip = setInterval(() => c.write(body.slice(at, ++at)), 250);
	try {
		await c.until(() => c.bytes.length || c.ended || undefined, "an answer or the end", 4000);
	} finally {
		clearInterval(drip);
	}
	await s.isGone();
}, { server: "impatient" });

test("D16", async (t) => {
	const a = await t.open(joined(4, "P"));
	const b = await t.open(joined(4, "P"));
	const first = t.connect();
	const second = t.connect();
	const say = async (c, s, text) => {
		const path = s.url("");
		c.write(requestBytes(t.server.hostHeader, { method: "POST", path, body: `42["echo","${text}"]` }));
		isOk(await c.response());
		c.write(requestBytes(t.server.hostHeader, { path }));
		same((await c.response()).text, `42["echo","${text}"]`);
	};
	await say(first, a, "a");
	await say(second, b, "b");
	await say(second, a, "a again");
	await say(first, b, "b again");
});
