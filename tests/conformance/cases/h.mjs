// H. Socket.io, protocol 4, which clients of engine.io 3 speak.

import { joined, opened, row } from "../lib/cases.mjs";
import { Close, End, same } from "../lib/expect.mjs";
import { isOk, joinedWith } from "../lib/session.mjs";
import { talk } from "../lib/talk.mjs";

const w = joined(3, "W");
const p = joined(3, "P");

row("H1", opened(3, "W"), talk`
	S 40
	alive
`);

// Some are played by polling as well: there each is case H28.
const byBoth = (id, run, label) => {
	row(id, w, run, { label });
	row("H28", p, run, { label: `${id} ${label ?? ""}` });
};

byBoth("H2", talk`
	C 40/demo,
	S 40/demo,
	alive
`);

row("H28", p, async (s) => {
	isOk(await s.post("8:40/demo,"));
	same((await s.poll()).text, "8:40/demo,");
}, { label: "as it is on the wire" });

row("H3", w, talk`
	C 40/demo
	S 40/demo,
	alive
`);

for (const comma of [",", ""])
	byBoth("H4", async (s) => {
		await s.send(`40/demo?uuid=u&userid=x${comma}`);
		await s.gets("40/demo,");
		const { uuid, userid } = (await joinedWith(s, "/demo,")).query;
		same({ uuid, userid }, { uuid: "u", userid: "x" });
	}, comma ? "with a comma" : "without a comma");

row("H6", joined(3, "W", { query: "&uuid=u" }), async (s) => {
	await s.send("40/demo,");
	await s.gets("40/demo,");
	same((await joinedWith(s, "/demo,")).query.uuid, "u");
});

row("H7", w, talk`
	C 40/demo?uuid=a&x=1,2&y=/z,
	S 40/demo,
	C 42/demo,["echo",1]
	S 42/demo,["echo",1]
`);

row("H8", w, async (s) => {
	await s.send("40/demo?uuid=u%201&userid=%C3%A9,");
	await s.gets("40/demo,");
	const { uuid, userid } = (await joinedWith(s, "/demo,")).query;
	same({ uuid, userid }, { uuid: "u 1", userid: "é" });
});

byBoth("H9", talk`
	C 40/nope,
	S 44/nope,"Invalid namespace"
	alive
`);

byBoth("H10", talk`
	C 40/mw?uuid=u,
	S 44/mw,"not authorized"
	alive
`);

row("H11", w, talk`
	C 40/mwdata,
	S 44/mwdata,{"code":42}
	alive
`);

row("H13", opened(3, "W", { manual: true }), talk`
	S 44"root denied"
	C 42["echo",1]
	C 2
	S 3
`, { server: "root-denied" });

row("H14", opened(3, "W"), async (s) => {
	await s.send("40/demo?uuid=u,");
	await s.gets("40", "40/demo,");
	same((await joinedWith(s, "/demo,")).query.uuid, "u");
}, { server: "root-later" });

row("H15", w, talk`
	C 42["echo",1]
	S 42["echo",1]
`);

byBoth("H16", async (s) => {
	await s.send("40/demo,");
	await s.gets("40/demo,");
	await s.send('42/demo,0["echo","hé€😀",{"a":[1,null]}]');
	const got = await s.next();
	same(got.slice(0, 9), "43/demo,0");
	if (s.transport === "W")
		same(got, '43/demo,0["hé€😀",{"a":[1,null]}]');
	else // there text may be escaped
		same(JSON.parse(got.slice(9)), ["hé€😀", { a: [1, null] }]);
});

byBoth("H17", talk`
	C 40/demo,
	S 40/demo,
	C 451-/demo,["echo",{"_placeholder":true,"num":0},"x"]
	C hex 010203
	S 451-/demo,["echo",{"_placeholder":true,"num":0},"x"]
	S hex 010203
`);

row("H18", w, talk`
	C 40/demo,
	S 40/demo,
	C 451-/demo,1["echo",{"_placeholder":true,"num":0}]
	C hex 04
	S 461-/demo,1[{"_placeholder":true,"num":0}]
	S hex 04
`);

row("H20", w, talk`
	C 40/demo,
	S 40/demo,
	C 41/demo,
	alive
	C 42/demo,["echo",1]
	alive
	C 40/demo,
	S 40/demo,
	C 41/demo
	alive
	C 42/demo,["echo",1]
	alive
`);

row("H21", w, talk`
	C 41/demo,
	C 42/demo,["echo",1]
	alive
`);

row("H22", w, talk`
	C 40/demo,
	S 40/demo,
	C 42/demo,["bye"]
	S 41/demo,
	alive
`);

row("H23", w, talk`
	C 40/demo,
	S 40/demo,
	C 42/demo,["byeall"]
	S 41
	S 41/demo,
	S close
`);

row("H24", w, talk`
	C 40/demo,
	S 40/demo,
	C 40/demo,
	S 40/demo,
	C 42/demo,["echo",1]
	S 42/demo,["echo",1]
	alive
`);

for (const packet of ["47", "4abc", '44"x"', "40"])
	row("H25", w, async (s, t) => {
		await s.send(packet);
		await s.send('42["echo","alive"]');
		const got = await s.next();
		same(got, (got) => got === '42["echo","alive"]' || got instanceof Close || got instanceof End);
		await t.passed();
	}, { label: packet });

row("H27", w, talk`
	C 450-["echo",1]
	S 42["echo",1]
	alive
`);

row("H29", w, talk`
	C 40/,
	C 42/,["echo",1]
	S 42["echo",1]
	C 41/,
	C 42["echo",1]
	C 40/demo,
	S 40/demo,
`);

row("H30", p, talk`
	C 451-["echo",{"_placeholder":true,"num":0}]
	C hex 010203
	S 451-["echo",{"_placeholder":true,"num":0}]
	S hex 010203
`);
