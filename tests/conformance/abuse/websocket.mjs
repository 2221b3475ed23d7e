// Websockets: frames, floods, readers that stall, upgrades.

import zlib from "node:zlib";

import { both, joined, opened } from "../lib/cases.mjs";
import { BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, closePayload, frame } from "../lib/websocket.mjs";
import { attack } from "./attacks.mjs";

const w4 = joined(4, "W");
const w = both("W");

function repeated(bytes, n) {
	return Buffer.concat(Array.from({ length: n }, () => bytes));
}

// What becomes of a session after these bytes on its websocket.
function flood(id, sent, expect, n, bytes, options) {
	const all = typeof bytes === "function" ? undefined : bytes;
	attack(id, sent, expect, (t) => t.times(n, async (i) =>
		t.frames(await t.open(w[i % 2]), all ?? bytes(i))), options);
}

const bad = [
	frame(TEXT, "x", { mask: false }), frame(TEXT, "x", { rsv: 4 }), frame(TEXT, "x", { rsv: 2 }), frame(3, "x"),
	frame(15, "x"), frame(CONTINUATION, "x"), frame(PING, "x".repeat(126)), frame(PING, "x", { fin: false }),
	Buffer.concat([frame(TEXT, "4", { fin: false }), frame(TEXT, "4")]), frame(CLOSE, "x"),
	frame(CLOSE, closePayload(999)), frame(CLOSE, closePayload(1005)), frame(CLOSE, closePayload(65535)),
];

flood("frames", `frames against RFC 6455 (${bad.length} forms), in both protocols`,
	`${2 * bad.length} × CLOSE 1002`, 2 * bad.length, (i) => bad[i >> 1]);

flood("frames-utf8", "text, fragments and close reasons that are no UTF-8", "6 × CLOSE 1007", 6, (i) => [
	frame(TEXT, [0x34, 0xff]),
	Buffer.concat([frame(TEXT, [0x34, 0xe2], { fin: false }), frame(CONTINUATION, [0x28])]),
	frame(CLOSE, Buffer.concat([closePayload(1000), Buffer.from([0xff])])),
][i >> 1]);

const huge = [2n ** 63n, 2n ** 53n, 2n ** 32n, 200_000_000n, 1_000_001n];

flood("declared-frames", "frames that declare 1 MB to 2^63 bytes", "100 × CLOSE 1009", 100,
	(i) => frame(TEXT, "", { length: huge[i % 5], lengthBytes: 8 }));

flood("oversize-sum", "fragments of together more than max_payload (here 100,000)", "20 × CLOSE 1009", 20,
	Buffer.concat([
		frame(BINARY, Buffer.alloc(60000), { fin: false }), frame(CONTINUATION, Buffer.alloc(40001), { fin: false }),
	]), { server: ["--max-payload", "100000"] });

const bomb = zlib.deflateRawSync(Buffer.alloc(64 << 20), { finishFlush: zlib.constants.Z_SYNC_FLUSH })
	.subarray(0, -4);

attack("inflating", `compressed messages of ${Math.round(bomb.length / 1024)} KB that hold 64 MB`, "20 × CLOSE 1009",
	(t) => t.times(20, async () => {
		const headers = { "Sec-WebSocket-Extensions": "permessage-deflate" };
		const s = await t.open(joined(4, "W", { headers }));
		return t.frames(s, frame(TEXT, bomb, { rsv: 4 }));
	}, 4), { server: ["--set", "websocket_compression=true"] });

flood("empty-fragments", "a message of 1,000,000 fragments without a byte", "1 × CLOSE 1009", 1,
	Buffer.concat([frame(TEXT, "4", { fin: false }), repeated(frame(CONTINUATION, "", { fin: false }), 1e6)]));

flood("small-fragments", "a message of 1,000,000 fragments of one byte", "1 × CLOSE 1009", 1,
	Buffer.concat([frame(TEXT, "4", { fin: false }), repeated(frame(CONTINUATION, "x", { fin: false }), 1e6)]));

flood("pings", "100,000 pings at once", "4 × CLOSE 1008", 4, repeated(frame(PING, "x".repeat(125)), 1e5));
flood("pongs", "100,000 pongs at once", "4 × CLOSE 1008", 4, repeated(frame(PONG), 1e5));
flood("closes", "10,000 CLOSE frames at once", "4 × CLOSE 1000", 4, repeated(frame(CLOSE, closePayload(1000)), 1e4));

attack("heartbeats", "10 websockets send heartbeats of protocol 3 without end and take no answers",
	"10 × closed",
	(t) => t.times(10, async () => {
		const s = await t.open(joined(3, "W"));
		return t.pour(s.ws, repeated(frame(TEXT, "2"), 1000));
	}), { heavy: true });

attack("stalled-readers", "20 websockets have 50 KB echoed again and again and take nothing", "20 × closed",
	(t) => t.times(20, async () => {
		const s = await t.open(w4);
		return t.pour(s.ws, frame(TEXT, `42["echo","${"x".repeat(50000)}"]`));
	}, 5), { heavy: true, peak: 32 });

attack("half-open", "300 websockets that fall silent, of both protocols (heartbeat here 1 + 1 s)", "300 × CLOSE",
	(t) => t.times(300, async (i) => {
		const s = await t.open({ ...w[i % 2], manual: true });
		return t.wsFate({ ws: s.ws, next: async (ms) => {
			for (;;) {
				const got = await s.ws.next(ms);
				if (got !== "2")
					return got;
			}
		} });
	}, 300));

attack("never-closes", "100 websockets do not answer the server's CLOSE nor end the connection", "100 × closed",
	(t) => t.times(100, async () => {
		const s = await t.open(w4);
		s.send("abc");
		await s.next();
		await s.ws.end(8000);
		return "closed";
	}, 100));

// ---- upgrades ----

const p4 = joined(4, "P");

attack("probes", "300 websockets that want to take over one session at the same time",
	"299 × CLOSE; 1 × taken, session alive",
	async (t) => {
		const s = await t.open(p4);
		const outcomes = await t.times(300, async () => {
			const ws = await s.websocket(t);
			ws.send("2probe");
			const got = await ws.next();
			return got === "3probe" ? "taken" : String(got);
		}, 300);
		return `${outcomes}, session ${await t.pollFate(s)}`;
	});

attack("probes-left", "300 websockets that say 2probe and never finish (upgrade_timeout here 1 s)",
	"300 × CLOSE, session alive",
	(t) => t.times(300, async () => {
		const s = await t.open(p4);
		const ws = await s.websocket(t);
		ws.send("2probe");
		await ws.gets("3probe");
		const got = await ws.next(8000);
		return `${got}, session ${await t.pollFate(s)}`;
	}, 300), { server: ["--ping-interval", "5000"] });

const firstWords = ["2", "4hello", "3probe", "abc", "", "5x", "2probe ", "6"];

attack("probe-words", `websockets that begin an upgrade with the wrong words (${firstWords.length} forms)`,
	`${firstWords.length} × CLOSE, session alive`,
	(t) => t.each(firstWords, async (word) => {
		const s = await t.open(p4);
		const ws = await s.websocket(t);
		ws.send(word);
		return `${await ws.next()}, session ${await t.pollFate(s)}`;
	}));

attack("upgrade-unknown", "300 websockets for session ids that are guessed", "300 × 400, closed",
	(t) => t.times(300, () => t.raw(
		"GET /socket.io/?EIO=4&transport=websocket&sid=1-AAAAAAAAAAAAAAAAAAAAAA HTTP/1.1\r\nHost: x\r\n" +
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")));

attack("unjoined", "300 websockets that join no namespace but answer every ping (connect_timeout here 1.5 s)",
	"300 × CLOSE", (t) => t.times(300, async () => t.wsFate(await t.open(opened(4, "W"))), 300));
