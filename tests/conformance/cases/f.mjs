// F. The upgrade from polling to a websocket.

import { both, joined, opened, row, test } from "../lib/cases.mjs";
import { Close, check, same } from "../lib/expect.mjs";
import { isError } from "../lib/session.mjs";
import { upgradeRequest } from "../lib/websocket.mjs";

const noops = /^(1:6)+$|^6(\x1e6)*$/;

row("F1", both("P"), (s, t) => s.probe(t));

row("F2", both("P"), async (s, t) => {
	await s.probe(t);
	const start = performance.now();
	same((await s.poll()).text, noops);
	const late = performance.now() - start;
	check(late < 400, "a noop within about 100 ms", Math.round(late));
}, { label: "a GET after the probe" });

row("F2", both("P"), async (s, t) => {
	const held = await s.hold();
	await s.probe(t);
	const start = performance.now();
	same((await held.response()).text, noops);
	const late = performance.now() - start;
	check(late < 400, "a noop within about 100 ms", Math.round(late));
	held.drop();
}, { label: "a GET before the probe" });

row("F3", both("P"), async (s, t) => (await s.upgrade(t)).isAlive());

row("F4", both("P"), async (s, t) => {
	await (await s.upgrade(t)).isAlive();
	isError(await s.poll(), 3);
});

row("F5", both("P"), async (s, t) => {
	const first = await s.upgrade(t);
	await first.isAlive();
	const second = await s.websocket(t);
	await second.closes();
	await first.isAlive();
});

row("F7", both("P"), async (s, t) => {
	(await s.probe(t)).drop();
	await t.passed();
	await aliveByPolling(s);
	await (await s.upgrade(t)).isAlive();
});

// As isAlive(), but with noops on the way.
async function aliveByPolling(s, event = '42["echo","alive"]') {
	await s.send(event);
	let packet;
	do
		packet = await s.next();
	while (packet === "6");
	same(packet, event);
}

row("F8", both("P"), async (s, t) => {
	const ws = await s.probe(t);
	ws.send("4hello");
	await ws.closes();
	await aliveByPolling(s);
});

for (const first of ["2", Buffer.from([4, 1]), "garbage", ""])
	row("F9", both("P"), async (s, t) => {
		const ws = await s.websocket(t);
		ws.send(first);
		await ws.closes();
		await aliveByPolling(s);
	}, { label: JSON.stringify(first.toString("latin1")) });

for (const probed of [false, true])
	row("F10", both("P"), async (s, t) => {
		const ws = probed ? await s.probe(t) : await s.websocket(t);
		const start = performance.now();
		await s.keepAlive(ws.closes(undefined, 3000));
		const after = performance.now() - start;
		check(after > 900 && after < 2000, "CLOSE after 1000 ms", Math.round(after));
		await aliveByPolling(s);
	}, { label: probed ? "after the probe" : "no probe", server: "quick", timed: true });

row("F11", both("P"), async (s, t) => {
	const ws = await s.probe(t);
	const held = await s.hold();
	await s.send('42["echo",1]');
	s.queue.push(...s.decode(await held.response()));
	held.drop();
	let packet;
	do
		packet = await s.next();
	while (packet === "6");
	same(packet, '42["echo",1]');
	ws.send("5");
	ws.send('42["echo",2]');
	await ws.gets('42["echo",2]'); // nothing came before it
});

row("F12", both("P"), async (s, t) => {
	const ws = await s.probe(t);
	await s.send('42["echo",1]', '42["echo",2]');
	await s.send('42["echo",3]');
	ws.send("5");
	await ws.gets('42["echo",1]', '42["echo",2]', '42["echo",3]');
});

row("F14", both("P"), async (s, t) => {
	const ws = await s.probe(t);
	await s.send("40/demo,");
	ws.send("5");
	await ws.gets(/^40\/demo,/);
	ws.send('42/demo,["echo",1]');
	await ws.gets('42/demo,["echo",1]');
});

row("F15", both("P"), async (s, t) => {
	const ws = await s.websocket(t);
	ws.send("5");
	ws.send('42["echo",1]');
	await ws.gets('42["echo",1]');
});

row("F16", both("P"), async (s, t) => {
	const ws = await s.probe(t);
	await s.send('42["byeall"]');
	await s.closedAfter("41");
	same(await ws.next(), (got) => got instanceof Close || got.toString() === "the end of the connection");
});

row("F17", both("P"), async (s, t) => {
	const ws = await s.probe(t);
	const event = '451-["echo",{"_placeholder":true,"num":0}]';
	await s.send(event);
	ws.send("5");
	ws.send(Buffer.from(s.eio === 3 ? [4, 1, 2, 3] : [1, 2, 3]));
	await ws.gets(event, Buffer.from(s.eio === 3 ? [4, 1, 2, 3] : [1, 2, 3]));
});

row("F18", opened(3, "P"), async (s, t) => {
	const ws = await s.websocket(t);
	await s.send("2");
	ws.send("2probe");
	await ws.gets("3probe");
	await s.gets("40");
	same(await s.next(), /^[36]$/);
	ws.send("5");
	ws.send("6");
	ws.send('42["echo",1]');
	same(await ws.next(), (got) => got === "3" || got === '42["echo",1]');
	ws.send('42["echo",2]');
	same(await ws.next(), /^42\["echo",[12]\]$/);
});

for (const eio of [3, 4])
	test("F19", async (t) => {
		const c = t.connect();
		const path = `/socket.io/?EIO=${eio}&transport=websocket&sid=nope`;
		c.write(upgradeRequest(t.server.hostHeader, path));
		const { status, text } = await c.response();
		same([status, text], [400, "Session ID unknown"]);
	}, { label: `EIO${eio}` });
