// Socket.io packets: structure, names, order, attachments, floods of sessions and namespaces.

import { both, joined, opened } from "../lib/cases.mjs";
import { BINARY, TEXT, frame } from "../lib/websocket.mjs";
import { attack, pipeline, sleep } from "./attacks.mjs";

const w4 = joined(4, "W");
const [w3] = both("W");
const placeholder = (n) => `{"_placeholder":true,"num":${n}}`;

// Packets in a session of protocol 5 each, and what becomes of it.
function packets(id, sent, expect, list, session = w4) {
	attack(id, `${sent} (${list.length} forms)`, expect, (t) =>
		t.each(list, async (packets) => t.packets(await t.open(session), ...[packets].flat())));
}

const deep = ["[", '{"a":', '[{"a":'];
const nested = (n) => `42["echo",${"[".repeat(n)}${"]".repeat(n)}]`;

packets("deep-json", "events nested 100,000 deep, open or closed again", "7 × CLOSE",
	[...deep.map((s) => `42["echo",${s.repeat(100000)}`), nested(100000), nested(64), nested(1000),
		`40/demo,${'{"a":'.repeat(100000)}`]);

const odd = [
	'42["echo",1e999999]', '42["echo",{"a":1,"a":2}]', '42["echo","\\u0000"]', '42["echo","\\ud800"]',
	`42["echo",${"9".repeat(100000)}]`, '42["echo",{"__proto__":{"a":1},"constructor":1}]',
	'42["__proto__"]', '42["hasOwnProperty",1]', `42["${"e".repeat(100000)}"]`, '43', "43999[1]",
	"43999999999999999[1]",
];

packets("odd-json", "huge numbers, keys twice, NUL, lone surrogates, names of JavaScript", "12 × alive", odd);

packets("bad-packets", "packets that are none", "24 × CLOSE", [
	"4", "47", "4abc", "4-1", "42[]", "42{}", '42"x"', "42null", "42[null]", '42["echo"', '42["echo",1]x', '42abc["x"]',
	'42-1["x"]', `42${"9".repeat(16)}["x"]`, "430{}", '44"x"', "41[]", "41,", "40[]", '40"x"', '45["x"]',
	'45-1-["x"]', '45999999999999-["x"]', '42 ["x"]',
]);

packets("wrong-order", "events before the join, joins twice, leaving what was not joined", "7 × CLOSE", [
	['42/demo,["echo",1]'], ["40"], ["40/demo,", "40/demo,"], ["41/demo,"], ["41", '42["echo",1]'], ["43/demo,1[]"],
	['42["connect"]'],
]);

packets("attachments", "11 attachments, numbers out of range, text in between, one too many", "9 × CLOSE", [
	[`4511-["echo",${placeholder(0)}]`], [`451-["echo",${placeholder(1)}]`, Buffer.alloc(1)],
	[`451-["echo",${placeholder(-1)}]`, Buffer.alloc(1)], [`451-["echo",${placeholder(0.5)}]`, Buffer.alloc(1)],
	[`451-["echo",${placeholder('"0"')}]`, Buffer.alloc(1)], [`451-["echo",${placeholder(1e99)}]`, Buffer.alloc(1)],
	[`452-["echo",${placeholder(0)}]`, Buffer.alloc(1), '42["echo",1]'], [Buffer.alloc(1)],
	[`451-["echo",${Array.from({ length: 11 }, () => placeholder(0)).join()}]`, Buffer.alloc(1)],
]);

attack("deep-attachments", "20 events of 1 MB with an attachment, 60 deep around a million bytes", "20 × alive",
	(t) => t.times(20, async () => {
		const s = await t.open(w4);
		const inner = '{"b":'.repeat(58) + `"${"x".repeat(990000)}"` + "}".repeat(58);
		return t.frames(s, frame(TEXT, `451-["echo",${inner}]`), frame(BINARY, "x"),
			frame(TEXT, '42["echo","alive"]'));
	}, 2), { heavy: true, kept: 8 });

attack("many-elements", "20 events of 1 MB with 500,000 elements", "20 × alive",
	(t) => t.times(20, async () => {
		const s = await t.open(w4);
		return t.frames(s, frame(TEXT, `42["none",${"1,".repeat(490000)}1]`), frame(TEXT, '42["echo","alive"]'));
	}, 4), { heavy: true });

attack("namespaces", "10,000 joins of different namespaces, refused or not, in both protocols (max_namespaces \
is 50)", "20 × CLOSE",
	(t) => t.times(20, async (i) => {
		const s = await t.open(i % 2 ? w3 : w4);
		return t.packets(s, ...Array.from({ length: 500 }, (_, k) => `40/n${k},`));
	}));

const names = ["__proto__", "constructor", "a".repeat(256), "\u0001", "../..", "é".repeat(129)];

packets("names", "namespaces with the names of JavaScript, too long, with control bytes", "3 × CLOSE; 3 × alive",
	names.map((name) => `40/${name},`));

// ---- sessions ----

const handshake = (more = "") =>
	`GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n${more}\r\n`;

// The second flood finds room only because the sessions of the first have ended. What those held stays
// with the allocator, for the next ones.
attack("handshakes", "100,000 handshakes, none of the sessions polls, twice 2 s apart (heartbeat here 1 + 1 s, \
max_clients 110,000)", "200,000 × opened",
	async (t) => {
		for (let i = 0; i < 2; i++) {
			await t.times(4, () => pipeline(t.server, handshake(), 25000));
			await sleep(2200);
		}
		return "200,000 × opened";
	}, { server: ["--set", "max_clients=110000", "--connect-timeout", "2000"], heavy: true, peak: 60, kept: 60 });

attack("per-address", "5,000 handshakes from one address, 2,000 from one IPv6 network (sessions_per_address here \
100)", "6800 × 429; 200 × 200",
	(t) => t.times(7000, async (i) => {
		const from = i < 5000 ? "192.0.2.7" : `2001:db8:1:2:${i.toString(16)}::1`;
		return (await t.get("EIO=4&transport=polling", { "X-Forwarded-For": from })).status;
	}), { server: ["--set", "sessions_per_address=100", "--ping-interval", "20000", "--connect-timeout", "20000"],
	heavy: true });

attack("max-clients", "3,000 handshakes where 1,000 sessions are allowed (max_clients)", "2002 × 503; 998 × 200",
	(t) => t.times(3000, async () => (await t.get("EIO=4&transport=polling")).status),
	{ server: ["--set", "max_clients=1000", "--ping-interval", "20000", "--connect-timeout", "20000"], heavy: true });

attack("prototypes", "transport, sid and EIO with the names of JavaScript", "9 × 400",
	(t) => t.each(["transport=__proto__", "transport=constructor", "transport=toString", "transport=webtransport",
		"transport=polling&sid=__proto__", "transport=polling&sid=hasOwnProperty", "transport=polling%00", "",
		"transport=websocket"],
	async (query) => (await t.get(`EIO=4&${query}`)).status));
