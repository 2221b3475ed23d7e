// C. Engine packets and the payloads of long polling.

import { joined, opened, row, test } from "../lib/cases.mjs";
import { Phrase, check, same } from "../lib/expect.mjs";
import { frame3, unframe3 } from "../lib/payload.mjs";
import { isError, isOk } from "../lib/session.mjs";
import { talk } from "../lib/talk.mjs";

const p3 = joined(3, "P"); // says b64=1, as clients in node do
const p3binary = joined(3, "P", { base64: false });
const p4 = joined(4, "P");
const octets = { "Content-Type": "application/octet-stream" };
const placeholder = '{"_placeholder":true,"num":0}';

// ---- protocol 4 ----

row("C1", p4, async (s) => {
	const { status, headers, text } = await s.post('42["echo",1]');
	same([status, text, headers["content-length"]], [200, "ok", "2"]);
	same(headers["content-type"], /^text\/html/);
	same((await s.poll()).text, '42["echo",1]');
});

row("C2", p4, async (s) => {
	const three = '42["echo",1]\x1e42["echo",2]\x1e42["echo",3]';
	isOk(await s.post(three));
	same((await s.poll()).text, three);
});

row("C4", p4, async (s) => {
	isOk(await s.post(`451-["echo",${placeholder}]`));
	isOk(await s.post("bAQID"));
	same((await s.poll()).text, `451-["echo",${placeholder}]\x1ebAQID`);
});

row("C5", p4, async (s) => {
	const data = Buffer.from(Array.from({ length: 200 }, (_, i) => i));
	const lines = data.toString("base64").replace(/.{76}/g, "$&\n");
	isOk(await s.post(`451-["echo",${placeholder}]\x1eb${lines}\n`));
	await s.gets(`451-["echo",${placeholder}]`, data);
});

for (const body of ["abc", "9", "7", "\x1e", ""])
	row("C6", p4, async (s) => {
		const { status } = await s.post(body);
		same(status, (got) => got === 200 || got === 400);
		await s.closed();
	}, { label: JSON.stringify(body) });

row("C7", opened(4, "P"), async (s) => {
	const held = await s.hold();
	await s.post("40\x1eabc\x1e40/demo,");
	const { text } = await held.response();
	same(text, (got) => /^(40\{"sid":"[^"]+"\}|1|6|\x1e)+$/.test(got));
	await s.closed();
});

row("C8", p4, async (s) => {
	same((await s.post("4x", octets)).status, 400);
	await s.closed();
});

for (const packet of ["0{}", "5", "6"])
	row("C9", p4, async (s) => {
		await s.send(packet);
		await s.isAlive();
	}, { label: packet });

row("C11", p4, async (s) => {
	await s.send("3");
	await s.isAlive();
});

row("C12", p4, async (s) => {
	await s.post(Buffer.from('42["echo","\xff\xfe"]', "latin1"));
	await s.closed();
});

row("C13", p4, talk`
	C 42["echo","hé€😀",{"a":[1,null]}]
	S 42["echo","hé€😀",{"a":[1,null]}]
`);

row("C14", p4, async (s) => {
	await s.send("4");
	same((await s.poll()).text, /^(6\x1e)?1$/);
	await s.isGone();
});

row("C15", joined(4, "P"), async (s, t) => {
	const start = performance.now();
	await s.post("6" + "\x1e6".repeat(1e5));
	await t.get("EIO=4&transport=polling");
	check(performance.now() - start < 3000, "an answer in 3 s", performance.now() - start);
	await closedOrAlive(s);
}, { server: "abused" });

async function closedOrAlive(s) {
	const answer = await s.post('42["echo","alive"]');
	if (answer.status === 400)
		isError(answer, 1);
	else
		await s.gets('42["echo","alive"]');
}

// ---- protocol 3 ----

row("C20", p3, async (s) => {
	isOk(await s.post('14:42["echo","x"]'));
	same((await s.poll()).text, '14:42["echo","x"]');
});

// 17 units of UTF-16, 16 code points, 22 bytes.
const accents = '42["echo","é€😀"]';

row("C22", p3, async (s) => {
	isOk(await s.post(`17:${accents}`));
	same(JSON.parse((await s.next()).slice(2)), ["echo", "é€😀"]);
	await s.post(`22:${accents}`);
	await s.closed();
});

row("C23", p3, async (s) => {
	await s.post(`16:${accents}`);
	await s.closed();
});

row("C24", opened(3, "P", { path: "/engine.io/", raw: true }), async (s) => {
	isOk(await s.post("3:4😀"));
	await s.gets("4😀");
	await s.post("2:4😀");
	await s.closed();
});

row("C25", p3, async (s) => {
	isOk(await s.post('14:42["echo","x"]14:42["echo","y"]'));
	await s.gets('42["echo","x"]', '42["echo","y"]');
	isOk(await s.post("1:21:2"));
	same((await s.poll()).text, "1:31:3");
});

row("C26", p3, async (s) => {
	isOk(await s.post("0:1:2"));
	same((await s.poll()).text, "1:3");
});

for (const body of ["7:4hello", "5:4hello", "-1:4", ":4", "4hello", "999999999999:4a", "1:2garbage", ""])
	row("C27", p3, async (s) => {
		await s.post(body);
		const first = await s.next();
		if (first === "3") // an answer to the good part of it
			return s.closed();
		s.queue.unshift(first);
		await s.closed();
	}, { label: JSON.stringify(body) });

const toDemo = `451-/demo,["echo",${placeholder},"x"]`;

async function joinDemo(s) {
	await s.send("40/demo,");
	await s.gets("40/demo,");
}

row("C29", p3, async (s) => {
	await joinDemo(s);
	isOk(await s.post(`52:${toDemo}6:b4AQID`));
	same((await s.poll()).text, `52:${toDemo}6:b4AQID`);
});

const bytes123 = Buffer.from([1, 2, 3]);

row("C30", p3binary, async (s) => {
	await joinDemo(s);
	await s.send(toDemo, bytes123);
	const { headers, body } = await s.poll();
	same(headers["content-type"], "application/octet-stream");
	same(body, Buffer.concat([
		Buffer.from([0, 5, 2, 0xff]), Buffer.from(toDemo),
		Buffer.from([1, 4, 0xff, 4, 1, 2, 3]),
	]));
});

row("C31", p3binary, async (s) => {
	await s.send('42["echo",1]');
	const answer = await s.poll();
	same(answer.headers["content-type"],
		/^(text\/plain; charset=UTF-8|application\/octet-stream)$/i);
	same(s.decode(answer), ['42["echo",1]']);
});

row("C32", p3binary, async (s) => {
	await s.send(`451-["echo","é😀",${placeholder}]`, bytes123);
	const { headers, body } = await s.poll();
	same(headers["content-type"], "application/octet-stream");
	const [text, data] = unframe3(body);
	same(text.slice(0, 4), "451-");
	same(JSON.parse(text.slice(4)), ["echo", "é😀", JSON.parse(placeholder)]);
	same(data, bytes123);
});

row("C33", p3binary, async (s) => {
	const event = `451-["echo",${placeholder}]`;
	const body = Buffer.concat([
		Buffer.from([0, 4, 2, 0xff]), Buffer.from(event),
		Buffer.from([1, 4, 0xff, 4, 1, 2, 3]),
	]);
	isOk(await s.post(body, octets));
	same((await s.poll()).body, body);
});

row("C34", p3binary, async (s) => {
	isOk(await s.post(frame3(accents), octets));
	same(JSON.parse((await s.next()).slice(2)), ["echo", "é€😀"]);
});

row("C36", p3, async (s) => {
	await joinDemo(s);
	// Each byte of UTF-8 as a character of its own.
	const old = Buffer.from('42/demo,["echo","é€😀"]').toString("latin1");
	isOk(await s.post(`${old.length}:${old}`));
	const got = await s.next();
	same(got.slice(0, 8), "42/demo,");
	same(JSON.parse(got.slice(8)), ["echo", "é€😀"]);
});

for (const ping of ["1:2", "6:2probe"])
	row("C38", p3, async (s) => {
		isOk(await s.post(ping));
		same((await s.poll()).text, "1:3");
	}, { label: ping });

for (const body of ["1:3", "3:0{}", "1:5", "1:6"])
	row("C39", p3, async (s) => {
		isOk(await s.post(body));
		await s.isAlive();
	}, { label: body });

for (const body of ["1:9", "3:abc", "1:7"])
	row("C40", p3, async (s) => {
		await s.post(body);
		await s.closed();
	}, { label: body });

row("C41", p3, async (s) => {
	await s.send('42["echo","x"]');
	s.eio = 4;
	same((await s.poll()).text, '14:42["echo","x"]');
});

// ---- JSONP ----

const form = { "Content-Type": "application/x-www-form-urlencoded" };

// A JSONP session: { text() the payload of the next poll, post(form) }.
async function jsonp(t, eio, { j = "0", index = 0, path = "/socket.io/" } = {}) {
	const url = (more) => `${path}?EIO=${eio}&transport=polling&b64=1${more}`;
	const call = async (more) => {
		const answer = await t.request({ path: url(more) });
		same(answer.status, 200);
		return answer.text;
	};
	const first = await call(`&j=${j}`);
	const sid = /\\"sid\\":\\"([\w-]+)\\"/.exec(first)?.[1];
	check(sid, "a session", first);
	const session = {
		first,
		poll: () => call(`&j=1&sid=${sid}`),
		post: (body) => t.request({ method: "POST", path: url(`&j=1&sid=${sid}`), headers: form, body }),
	};
	if (eio === 3 && path === "/socket.io/" && !first.includes("2:40"))
		same(await session.poll(), `___eio[${index}]("2:40");`);
	return session;
}

// The payload in a JSONP answer.
function unwrap(text, index = 0) {
	same(text, new RegExp(`^___eio\\[${index}\\]\\(".*"\\);$`));
	return JSON.parse(text.slice(text.indexOf("(") + 1, -2));
}

test("C51", async (t) => {
	const s = await jsonp(t, 3);
	isOk(await s.post("d=14%3A42%5B%22echo%22%2C%22x%22%5D"));
	same(await s.poll(), '___eio[0]("14:42[\\"echo\\",\\"x\\"]");');
});

test("C52", async (t) => {
	const s = await jsonp(t, 4);
	isOk(await s.post("d=40"));
	same(unwrap(await s.poll()), new Phrase('40{"sid":"<id>"}'));
});

test("C53", async (t) => {
	const s = await jsonp(t, 4);
	isOk(await s.post("d=40"));
	unwrap(await s.poll());
	// As clients do it: \n of the JSON becomes \\n, a real newline becomes \n.
	isOk(await s.post(`d=${encodeURIComponent('42["echo","a\\\\nb",\\n"\u2028"]')}`));
	const answer = await s.poll();
	check(!answer.includes("\u2028"), "\\u2028 escaped", answer);
	same(JSON.parse(unwrap(answer).slice(2)), ["echo", "a\nb", "\u2028"]);
});

test("C54", async (t) => {
	const { first } = await jsonp(t, 3, { j: "a1b%22);alert(1)//2", index: 112 });
	unwrap(first, 112);
});

test("C55", async (t) => {
	const s = await jsonp(t, 3);
	isOk(await s.post("x=1"));
	isOk(await s.post('d=14:42["echo","x"]'));
	same(unwrap(await s.poll()), '14:42["echo","x"]');
});

test("C56", async (t) => {
	const s = await jsonp(t, 3, { path: "/engine.io/" });
	isOk(await s.post("d=7:4a%00+b%C3%A9c"));
	same(unwrap(await s.poll()), "7:4a\0 béc");
});
