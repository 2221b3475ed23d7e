// E. The heartbeat: an interval of 300 ms, 200 ms more until the session is closed.

import { joined, opened, row } from "../lib/cases.mjs";
import { Close, End, check, same } from "../lib/expect.mjs";
import { isError } from "../lib/session.mjs";

const manual = { manual: true };
const quick = { server: "quick" };
const timed = { ...quick, timed: true };
const tolerance = 30; // ms

const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function clock() {
	const start = performance.now();
	return {
		// Fails unless it is now that many ms after the start.
		is(ms) {
			const now = performance.now() - start;
			check(Math.abs(now - ms) <= tolerance, `something at ${ms} ms`, Math.round(now));
		},
		// Resolves when it is that many ms after the start.
		at: (ms) => wait(start + ms - performance.now()),
	};
}

row("E1", opened(4, "W", manual), async (s) => {
	const time = clock();
	await s.gets("2");
	time.is(300);
	same(await s.next(), new Close());
	time.is(500);
}, timed);

row("E2", opened(4, "W", manual), async (s) => {
	for (let round = 0; round < 3; round++) {
		const time = clock();
		await s.gets("2");
		time.is(300);
		await s.send("3");
	}
	await s.send("40");
	await s.gets(/^40\{/);
}, timed);

row("E3", joined(4, "P", manual), async (s) => {
	for (let round = 0; round < 3; round++) {
		await s.gets("2");
		await s.send("3");
	}
	await s.isAlive();
}, timed);

row("E4", opened(4, "P", manual), async (s) => {
	await clock().at(500);
	isError(await s.poll(), 1);
}, timed);

row("E5", opened(4, "P", manual), async (s) => {
	const time = clock();
	same((await s.poll()).text, "2");
	time.is(300);
	same((await s.poll()).text, "1");
	time.is(500);
	await s.isGone();
}, timed);

row("E7", joined(4, "W", manual), async (s) => {
	await s.send("2");
	await s.closed();
}, quick);

row("E8", joined(3, "W", manual), async (s) => {
	const time = clock();
	same(await s.next(), (got) => got instanceof Close || got instanceof End);
	time.is(500);
}, timed);

row("E9", joined(3, "W", manual), async (s) => {
	const time = clock();
	for (let round = 1; round <= 3; round++) {
		await time.at(300 * round);
		await s.send("2");
		await s.gets("3");
	}
	await s.isAlive();
}, timed);

row("E10", joined(3, "W", manual), async (s) => {
	const time = clock();
	for (let round = 1; round <= 8; round++) {
		await time.at(100 * round);
		await s.isAlive();
	}
}, timed);

row("E11", joined(3, "P"), async (s) => {
	for (let round = 0; round < 3; round++) {
		await s.send("2");
		same((await s.poll()).text, "1:3");
	}
});

row("E12", joined(3, "P"), async (s) => {
	await clock().at(500);
	isError(await s.post("1:2"), 1);
}, timed);

// The upgrade begins shortly before a ping is due.
row("E14", joined(4, "P", manual), async (s, t) => {
	const time = clock();
	await time.at(260);
	const ws = await s.probe(t);
	ws.send("5");
	for (const at of [300, 600, 900]) {
		await ws.gets("2");
		time.is(at);
		ws.send("3");
	}
	ws.send('42["echo",1]');
	await ws.gets('42["echo",1]');
}, { ...timed, label: "done before the ping" });

row("E14", joined(4, "P", manual), async (s, t) => {
	const time = clock();
	await time.at(200);
	const ws = await s.probe(t);
	let packet;
	do
		packet = await s.next();
	while (packet === "6");
	same(packet, "2");
	time.is(300);
	ws.send("5");
	ws.send("3");
	await ws.gets("2");
	time.is(600);
	ws.send("3");
	ws.send('42["echo",1]');
	await ws.gets('42["echo",1]');
}, { ...timed, label: "under way at the ping" });
