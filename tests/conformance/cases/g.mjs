// G. The frames of a websocket.

import { both, joined, row } from "../lib/cases.mjs";
import { Close, End, check, same } from "../lib/expect.mjs";
import { BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, closePayload, frame } from "../lib/websocket.mjs";

const w = both("W");
const event = '42["echo",1]';
const placeholder = '{"_placeholder":true,"num":0}';

// A case that writes frames as they are and then expects something.
function frames(id, label, bytes, expected, options = {}) {
	row(id, w, async (s) => {
		s.ws.write(...[bytes].flat());
		await expected(s);
	}, { label, ...options });
}

const closed = (code) => (s) => s.closed(code);
const echoed = (s) => s.gets(event);
// It may also refuse.
const echoedOr = (code) => async (s) => {
	const got = await s.next();
	same(got, (got) => got === event || (got instanceof Close && got.code === code));
};

frames("G1", "", frame(TEXT, event, { mask: false }), closed(1002));

for (const rsv of [4, 2, 1])
	frames("G2", `rsv ${rsv}`, frame(TEXT, event, { rsv }), closed(1002));

for (const opcode of [3, 11])
	frames("G3", `opcode ${opcode}`, frame(opcode, event), closed(1002));

const thirds = [
	frame(TEXT, event.slice(0, 4), { fin: false }),
	frame(CONTINUATION, event.slice(4, 8), { fin: false }),
	frame(CONTINUATION, event.slice(8)),
];

frames("G4", "", thirds, echoed);

frames("G5", "", [thirds[0], frame(PING, "in between"), thirds[1], thirds[2]], async (s) => {
	await s.gets({ pong: "in between" }, event);
});

frames("G6", "continuation", frame(CONTINUATION, event), closed(1002));
frames("G6", "new text inside", [thirds[0], frame(TEXT, event)], closed(1002));

frames("G8", "long", frame(PING, "x".repeat(126)), closed(1002));
frames("G8", "fragmented", frame(PING, "x", { fin: false }), closed(1002));

frames("G9", "", frame(PONG, "unasked"), (s) => s.isAlive());

for (const [label, payload, code] of [
	["empty", ""],
	["1000", closePayload(1000), 1000],
	["1001 bye", closePayload(1001, "bye"), 1001],
])
	frames("G10", label, frame(CLOSE, payload), async (s) => {
		await s.gets(new Close(code), new End());
		s.drop();
		await s.isSoonGone();
	});

frames("G11", "1 byte", frame(CLOSE, "x"), closed(1002));
for (const code of [999, 1005])
	frames("G11", `${code}`, frame(CLOSE, closePayload(code)), closed(1002));

frames("G12", "", frame(CLOSE, closePayload(1000, Buffer.from([0xff, 0xfe]))), closed(1007));

frames("G13", "", frame(TEXT, Buffer.from([0x34, 0xff, 0xfe])), closed(1007));

for (const lengthBytes of [2, 8])
	frames("G15", `${8 * lengthBytes} bits`, frame(TEXT, event, { lengthBytes }), echoedOr(1002));

for (const length of [1n << 63n, 1n << 53n, 200_000_000n])
	frames("G16", `${length}`, frame(TEXT, "4", { length, lengthBytes: 8 }), closed(1009));

// An event of exactly that many bytes.
const sized = (size) => `42["echo","${"x".repeat(size - '42["echo",""]'.length)}"]`;
const small = { server: "small" };

frames("G17", "one frame", frame(TEXT, sized(1001)), closed(1009), small);
frames("G17", "fragments", [
	frame(TEXT, sized(1001).slice(0, 600), { fin: false }),
	frame(CONTINUATION, sized(1001).slice(600)),
], closed(1009), small);

frames("G18", "", frame(TEXT, sized(1000)), (s) => s.gets(sized(1000)), small);

frames("G19", "two in one segment", Buffer.concat([frame(TEXT, event), frame(TEXT, event)]),
	(s) => s.gets(event, event));

row("G19", w, async (s) => {
	for (const byte of frame(TEXT, event)) {
		s.ws.write([byte]);
		await s.ws.flushed();
		await new Promise(setImmediate);
	}
	await s.gets(event);
}, { label: "single bytes" });

frames("G20", "", frame(TEXT, ""), closed());

row("G22", joined(4, "W"), async (s) => {
	s.send(`451-["echo",${placeholder}]`);
	s.ws.write(frame(BINARY, ""));
	await s.gets(`451-["echo",${placeholder}]`, Buffer.alloc(0));
	s.ws.write(frame(BINARY, ""));
	await s.closed();
});

row("G23", joined(3, "W", { manual: true }), async (s) => {
	s.ws.write(frame(BINARY, [2]));
	await s.gets("3");
});

row("G24", w, async (s) => {
	s.send(`451-["echo",${placeholder}]`);
	s.send(s.eio === 3 ? "b4AQID" : "bAQID");
	await s.gets(`451-["echo",${placeholder}]`, Buffer.from([1, 2, 3]));
});

row("G25", both("W", { query: "&b64=1" }), async (s) => {
	s.send(`451-["echo",${placeholder}]`);
	s.send(Buffer.from([1, 2, 3]));
	await s.gets(`451-["echo",${placeholder}]`, s.eio === 3 ? "b4AQID" : "bAQID");
});

// By itself, not because the heartbeat is missed.
row("G26", both("W", { manual: true }), async (s) => {
	const start = performance.now();
	s.send("1");
	await s.closed();
	const after = Math.round(performance.now() - start);
	check(after < 2000, "closed at once", `closed after ${after} ms`);
});

for (const packet of ["abc", "7"])
	frames("G27", packet, frame(TEXT, packet), closed());

row("G29", w, async (s) => {
	s.send('42["byeall"]');
	await s.gets("41", new Close());
	await s.ws.end(8000);
}, { slow: true });

for (const [label, many, bytes] of [
	["empty fragments", 1e6, frame(CONTINUATION, "", { fin: false })],
	["pings", 1e5, frame(PING, "")],
])
	row("G30", w, async (s, t) => {
		s.ws.write(frame(TEXT, "4", { fin: false }));
		s.ws.write(Buffer.concat(Array(many).fill(bytes)));
		const start = performance.now();
		await t.passed();
		await s.ws.flushed();
		await t.passed();
		check(performance.now() - start < 3000, "an answer in 3 s", performance.now() - start);
		const memory = t.server.memory();
		check(memory < 300, "less than 300 MB", memory);
	}, { label, server: "abused" });
