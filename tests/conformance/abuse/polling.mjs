// Long polling against its rules: overlap, payloads, queues.

import { both, joined, opened } from "../lib/cases.mjs";
import { encode4 } from "../lib/payload.mjs";
import { attack, head, sleep } from "./attacks.mjs";

const open = opened(4, "P");
const p4 = joined(4, "P");
const [p3] = both("P");
const text = { "Content-Type": "text/plain;charset=UTF-8" };

attack("two-gets", "a second GET while one waits, in 100 sessions", "100 × 200 1, 400, session closed",
	(t) => t.times(100, async () => {
		const s = await t.open(open);
		const first = await s.hold();
		const second = await s.poll();
		const { status, text } = await first.response();
		return `${status} ${text}, ${second.status}, session ${await t.pollFate(s)}`;
	}));

attack("two-posts", "a second POST before the first has its body, in 100 sessions",
	"100 × closed, 400, session closed",
	(t) => t.times(100, async () => {
		const s = await t.open(open);
		const first = t.connect();
		first.write(head(t.server, "POST", s.url(""), { ...text, "Content-Length": 5 }));
		await t.passed();
		const second = await s.post("6");
		await first.end();
		return `closed, ${second.status}, session ${await t.pollFate(s)}`;
	}));

attack("reset-gets", "the waiting GET is reset and another one sent at once, in 100 sessions",
	"100 × 400, session closed",
	(t) => t.times(100, async () => {
		const s = await t.open(open);
		const first = await s.hold();
		first.socket.resetAndDestroy();
		return `${(await s.poll()).status}, session ${await t.pollFate(s)}`;
	}));

attack("never-polls", "50 sessions have 10 KB echoed again and again and never poll (send_queue_max here 100 KB)",
	"50 × closed",
	(t) => t.times(50, async () => {
		const s = await t.open(p4);
		const event = `42["echo","${"x".repeat(10000)}"]`;
		for (let i = 0; i < 30; i++) {
			if ((await s.post(event)).status !== 200)
				return "closed";
		}
		return "alive";
	}), { server: ["--set", "send_queue_max=100KB"] });

attack("many-packets", "100,000 packets in one body, protocol 4 and 3", "40 × closed",
	(t) => t.times(40, async (i) => {
		const s = await t.open(i % 2 ? p4 : p3);
		return t.posted(s, i % 2 ? "6\x1e".repeat(1e5) : "1:6".repeat(1e5));
	}, 8));

const lengths = [
	"-1:4", ":4", "999999999999:4a", `${"9".repeat(100000)}:4`, "1:2garbage", "0x1:2", "1e1:2", " 1:2", "+1:2",
	"1.0:2", "7:4hello", "5:4hello", "4hello", "", "2:4😀", "1", ":", "1:",
];

attack("length-tricks", `protocol 3 lengths that are wrong (${lengths.length} forms)`,
	`${lengths.length} × closed`,
	(t) => t.each(lengths, async (body) => t.posted(await t.open(p3), body)));

const binaries = [
	[0], [0, 255], [0, 1], [2, 1, 255, 0x32], [0, 0x31, 255, 0x32], [0, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 255],
	[0, 1, 255, 0x32, 7], new Array(400).fill(9), [],
];

attack("binary-length-tricks", `protocol 3 binary framing with bad lengths (${binaries.length} forms)`,
	`${binaries.length} × closed`,
	(t) => t.each(binaries, async (bytes) =>
		t.posted(await t.open(joined(3, "P", { base64: false })), Buffer.from(bytes),
			{ "Content-Type": "application/octet-stream" })));

const notUtf8 = ["\xff\xfe", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\x80"];

attack("invalid-utf8", `text that is no UTF-8, protocol 4 and 3 (${2 * notUtf8.length} forms)`,
	`${2 * notUtf8.length} × closed`,
	(t) => t.each([...notUtf8, ...notUtf8.map((s) => `13:${s}`)], async (bytes, i) => {
		const old = bytes.startsWith("13:");
		const packet = `42["echo","${old ? bytes.slice(3) : bytes}"]`;
		const body = old ? `${packet.length}:${packet}` : packet;
		return t.posted(await t.open(old ? p3 : p4), Buffer.from(body, "latin1"));
	}));

attack("bad-base64", "attachments in base64 that is none, and of 1 MB", "2 × closed",
	(t) => t.each(["b!!!!", `b${"A".repeat(1_000_001)}`], async (packet) => {
		const s = await t.open(p4);
		await s.post('451-["echo",{"_placeholder":true,"num":0}]');
		const { status } = await s.post(packet);
		return status === 413 || (await t.pollFate(s)) === "closed" ? "closed" : "alive";
	}));

attack("hoarding", "50 sessions announce three attachments and keep back the last, then send more than a message may have \
(max_payload here 100 KB)",
	"50 × alive, then closed",
	(t) => t.times(50, async () => {
		const s = await t.open(p4);
		const more = Buffer.alloc(49000);
		await s.post('453-["echo",{"_placeholder":true,"num":0}]');
		await s.post(encode4([more]));
		await s.post(encode4([more]));
		const before = (await s.post("3")).status === 200 ? "alive" : "closed";
		await s.post(encode4([more])); // three of them are more than a message may be
		return `${before}, then ${await t.pollFate(s)}`;
	}, 10), { server: ["--max-payload", "100000"], kept: 12 });

attack("swaps", "polls, posts and websockets for session ids that are guessed", "300 × unknown",
	(t) => t.times(300, async (i) => {
		const sid = ["nope", "__proto__", "constructor", "1-", "%00", "1-AAAAAAAAAAAAAAAAAAAAAA"][i % 6];
		const query = `EIO=4&transport=polling&sid=${sid}`;
		const { text } = await t.request({ path: `/socket.io/?${query}`, method: i % 2 ? "POST" : "GET", body: "3" });
		return text === '{"code":1,"message":"Session ID unknown"}' ? "unknown" : text;
	}));

attack("versions", "EIO of 5, abc, nothing, two of them, and one changed later", "5 × refused; 1 × alive",
	async (t) => {
		const wrong = ["EIO=5", "EIO=abc", "EIO=", "EIO=44", "EIO=4&EIO=x"];
		const refused = await t.each(wrong, async (eio) => {
			const { status, text } = await t.get(`${eio}&transport=polling`);
			return status === 400 && text.startsWith('{"code":5,') ? "refused" : text;
		});
		const s = await t.open(p4);
		await s.request({ method: "POST", body: '42["echo",1]', extra: "&EIO=3" });
		const { text } = await s.poll("&EIO=3");
		return `${refused}; 1 × ${text === '42["echo",1]' ? "alive" : text}`;
	});

attack("silent-after", "500 sessions that are opened and never heard of again (connect_timeout here 1.5 s)",
	"500 × closed",
	async (t) => {
		const sessions = await Promise.all(Array.from({ length: 500 }, () => t.open(open)));
		await sleep(2200);
		return t.each(sessions, (s) => t.pollFate(s));
	});
