// I. Socket.io, protocol 5, which clients of engine.io 4 speak.

import { joined, opened, row } from "../lib/cases.mjs";
import { Close, End, Phrase, check, same } from "../lib/expect.mjs";
import { joinedWith } from "../lib/session.mjs";
import { conversation, talk } from "../lib/talk.mjs";
import { PING, TEXT, frame } from "../lib/websocket.mjs";

const open = opened(4, "W");
const w = joined(4, "W");

// Some are played by polling as well: there each is case I42.
const byBoth = (id, run, { isJoined = false, label = "" } = {}) => {
	const session = isJoined ? joined : opened;
	row(id, session(4, "W"), run, { label });
	row("I42", session(4, "P"), run, { label: `${id} ${label}` });
};
const inRoot = { isJoined: true };

// The client sends these packets; by the last of them the session is closed.
const closes = (id, session, label, ...packets) =>
	row(id, session, conversation([...packets.map((p) => `C ${p}`), "S close"].join("\n")), { label });

const quick = { server: "quick", timed: true };

const isEnd = (got) => got instanceof Close || got instanceof End;

byBoth("I1", async (s) => {
	await s.send("40");
	const got = await s.next();
	same(got, new Phrase('40{"sid":"<id>"}'));
	check(JSON.parse(got.slice(2)).sid !== s.sid, "an id of its own", s.sid);
});

byBoth("I2", async (s) => {
	await s.send('40{"token":"abc"}');
	await s.gets(new Phrase('40{"sid":"<id>"}'));
	same((await joinedWith(s)).auth, { token: "abc" });
});

row("I4", open, talk`
	C 40/,
	S 40{"sid":"<id>"}
	alive
`);

byBoth("I5", talk`
	C 40/nope,
	S 44/nope,{"message":"Invalid namespace"}
	C 40
	S 40{"sid":"<id>"}
	alive
`);

row("I6", open, talk`
	C 40/demo?x=1,
	S 44/demo?x=1,{"message":"Invalid namespace"}
`);

byBoth("I7", async (s) => {
	await s.send("40/mw,");
	await s.gets('44/mw,{"message":"not authorized"}');
	await s.send("40/mwdata,");
	const got = await s.next();
	same(got.slice(0, 10), "44/mwdata,");
	const { message, ...rest } = JSON.parse(got.slice(10));
	same([typeof message, rest], ["string", { data: { code: 42 } }]);
});

for (const nsp of ["/__proto__", "/constructor", "//"])
	row("I8", open, conversation(`
		C 40${nsp},
		S 44${nsp},{"message":"Invalid namespace"}
	`), { label: nsp });

row("I9", open, async (s) => {
	const start = performance.now();
	await s.closed();
	const after = Math.round(performance.now() - start);
	check(after > 1400 && after < 2000, "closed after 1500 ms", `closed after ${after} ms`);
}, quick);

for (const packet of ['42["echo",1]', "41", "43", "44"])
	closes("I11", open, packet, packet);

row("I12", w, talk`
	C 40
	S close
`, { label: "/" });
row("I12", open, talk`
	C 40/demo,
	S 40/demo,{"sid":"<id>"}
	C 40/demo,
	S close
`, { label: "/demo" });

row("I13", joined(4, "W", { manual: true }), talk`
	C 41
	S 2
	C 3
	S 2
`, quick);

row("I14", w, talk`
	C 41
	C 40
	S 40{"sid":"<id>"}
	alive
`);

row("I15", w, async (s) => {
	await s.send("41");
	s.ws.write(frame(PING, "left"));
	await s.gets({ pong: "left" });
	await s.send('42["echo",1]');
	await s.closed();
});

row("I16", w, talk`
	C 40/demo,
	S 40/demo,{"sid":"<id>"}
	C 41/demo,
	C 42["echo",1]
	S 42["echo",1]
`);

byBoth("I18", talk`
	C 42["echo",1]
	S 42["echo",1]
	C 421["echo",1]
	S 431[1]
	C 42456["echo",1,"2",{"3":[false]}]
	S 43456[1,"2",{"3":[false]}]
`, inRoot);

const two = '{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}';

byBoth("I19", conversation(`
	C 452-["echo",${two}]
	C hex 010203
	C hex 040506
	S 452-["echo",${two}]
	S hex 010203
	S hex 040506
`), inRoot);

row("I20", w, conversation(`
	C 452-789["echo",${two}]
	C hex 010203
	C hex 040506
	S 462-789[${two}]
	S hex 010203
	S hex 040506
`));

row("I21", w, talk`
	C 42
	C 42[1,2]
	alive
`);

for (const packet of ["42[]", "42{}", '42"x"', "42null", "42[null]", "42[{}]", '42["echo"',
	'42["echo",1]x'])
	closes("I22", w, packet, packet);

for (const packet of ['42abc["echo"]', '42-1["echo",1]', '421.5["echo",1]'])
	closes("I23", w, packet, packet);

for (const name of ["connect", "connect_error", "disconnect", "disconnecting", "newListener",
	"removeListener"])
	closes("I25", w, name, `42["${name}",1]`);

for (const name of ["__proto__", "constructor", "hasOwnProperty"])
	row("I26", w, conversation(`
		C 42["${name}",1]
		alive
	`), { label: name });

row("I27", w, talk`
	C 42["echo",{"__proto__":{"a":1}}]
	S 42["echo",{"__proto__":{"a":1}}]
`);

for (const packet of ["43", "430", "43999[1]"])
	row("I28", w, conversation(`
		C ${packet}
		alive
	`), { label: packet });

for (const packet of ["430{}", '44"x"', '44{"message":"x"}', "41[]", "41,", "41/demo,",
	'42/demo,["echo",1]'])
	closes("I29", w, packet, packet);

for (const packet of ['45-["echo",1]', '45["echo",1]', '45x-["echo",1]', '451.5-["echo",1]',
	'45-1-["echo",1]', '45999999999999-["echo",1]', '451-"x"'])
	closes("I30", w, packet, packet);

// The answer or the end of the session; whichever it is, the server is well.
const answersOrCloses = (...packets) => async (s, t) => {
	for (const packet of packets)
		s.send(packet);
	s.send('42["echo","alive"]');
	const got = await s.next();
	same(got, (got) => isEnd(got) || (typeof got === "string" && got.startsWith('42["echo",')));
	await t.passed();
};

row("I32", w, answersOrCloses('450-["echo",1]'));

for (const num of ["1", "-1", '"0"', '"length"', "0.5", "1e99"])
	row("I33", w, async (s) => {
		s.send(`451-["echo",{"_placeholder":true,"num":${num}}]`);
		// It may not wait for the attachment to see what is wrong.
		s.send(Buffer.from([1]));
		await s.closed();
	}, { label: num });

const placeholder = (num) => `{"_placeholder":true,"num":${num}}`;

for (const [label, count, sent, expected, order] of [
	["twice the same", 1, `[${placeholder(0)},${placeholder(0)}]`, `[${two}]`, [0, 0]],
	["reversed", 2, `[${placeholder(1)},${placeholder(0)}]`, `[${two}]`, [1, 0]],
	["none used", 1, "[1]", "[1]", []],
	["nested deep", 1, `{"a":[[{"b":${placeholder(0)}}]]}`, `{"a":[[{"b":${placeholder(0)}}]]}`, [0]],
])
	row("I34", w, async (s) => {
		const attachments = [Buffer.from([1, 2, 3]), Buffer.from([4, 5])].slice(0, count);
		s.send(`45${count}-["echo",${sent}]`);
		for (const one of attachments)
			s.send(one);
		const head = order.length ? `45${order.length}-` : "42";
		await s.gets(`${head}["echo",${expected}]`, ...order.map((num) => attachments[num]));
		await s.isAlive();
	}, { label });

row("I35", w, talk`
	C 451-["echo",{"_placeholder":true,"num":0}]
	C 42["echo",1]
	S close
`, { label: "text while one is due" });
row("I35", w, talk`
	C hex 01
	S close
`, { label: "none is due" });
row("I35", w, async (s) => {
	const event = '451-["echo",{"_placeholder":true,"num":0}]';
	s.send(event);
	s.send(Buffer.from([1]));
	s.send(Buffer.from([2]));
	let got = await s.next();
	if (got === event) { // the answer may have left already
		await s.gets(Buffer.from([1]));
		got = await s.next();
	}
	same(got, new Close());
}, { label: "one too many" });

row("I36", w, talk`
	C 42["echo",{"_placeholder":true,"num":0}]
	S 42["echo",{"_placeholder":true,"num":0}]
	alive
`);

row("I37", joined(4, "W", { manual: true }), talk`
	C 451-["echo",{"_placeholder":true,"num":0}]
	S 2
	C 3
	S 2
	C 3
	C hex 01
	S 451-["echo",{"_placeholder":true,"num":0}]
	S hex 01
`, quick);

for (const value of [String.raw`"\ud800"`, String.raw`"\u0000"`, "1e400", '{"a":1,"a":2}'])
	row("I39", w, answersOrCloses(`42["echo",${value}]`), { label: value });

for (const packet of ["47", "49", "4-1", "4abc", "4"])
	closes("I40", w, packet, packet);

row("I41", w, talk`
	C 40/demo,
	S 40/demo,{"sid":"<id>"}
	C 42/demo,["bye"]
	S 41/demo,
	alive
`, { label: "bye" });
row("I41", open, talk`
	C 40/demo,
	S 40/demo,{"sid":"<id>"}
	C 42/demo,["byeall"]
	S 41/demo,
	S close
`, { label: "byeall" });

row("I43", open, async (s, t) => {
	s.ws.write(frame(TEXT, "40"), frame(TEXT, '42["echo",1]'));
	const got = await s.next();
	if (!isEnd(got)) {
		same(got, new Phrase('40{"sid":"<id>"}'));
		same(await s.next(), (got) => isEnd(got) || got === '42["echo",1]');
	}
	await t.passed();
});

row("I44", open, async (s, t) => {
	s.ws.write(...Array.from({ length: 10_000 }, (_, i) => frame(TEXT, `40/n${i},`)));
	let answers = 0;
	let got = await s.next();
	for (; typeof got === "string" && answers < 9999; answers++)
		got = await s.next();
	check(isEnd(got) || got === '44/n9999,{"message":"Invalid namespace"}',
		"an end, or an answer to each", got);
	await t.passed();
	check(t.server.memory() < 300, "less than 300 MB", t.server.memory());
}, { server: "abused" });
