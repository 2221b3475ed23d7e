// K. Real clients of every generation, and what the public conformance suites ask of a server.

import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { row, opened, test } from "../lib/cases.mjs";
import { plays } from "../lib/clients.mjs";
import { Phrase, same } from "../lib/expect.mjs";
import { isError } from "../lib/session.mjs";
import { talk } from "../lib/talk.mjs";

const program = (name) => fileURLToPath(new URL(`../clients/${name}`, import.meta.url));
const transports = { P: "polling", W: "websocket", U: "polling,websocket" };

function javascript(id, version, letters, ...more) {
	for (const letter of letters)
		test(id, (t) => plays(t.servers, process.execPath, program("story.mjs"), "URL",
			`socket.io-client-${version}`, transports[letter], ...more),
		{ label: [version, letter, ...more].join(" "), server: "own", heavy: true });
}

javascript("K1", "1", "PWU");
javascript("K2", "2.3", "PWU");
javascript("K2", "2.5", "PWU");
javascript("K3", "2.3", "PW", "base64");
javascript("K6", "3", "PWU");
javascript("K7", "4", "PWU");

// Debian's python3-socketio needs a package more for each transport.
const python = "/usr/bin/python3";

function canPython() {
	try {
		execFileSync(python, ["-c", "import socketio, requests, websocket"], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
}

if (!canPython())
	console.log("K16 left out: python3-socketio, python3-requests or python3-websocket is missing");
else
	for (const letter of "PWU")
		test("K16", (t) => plays(t.servers, python, program("story.py"), "URL", transports[letter]),
			{ label: `python ${letter}`, server: "own", heavy: true });

// ---- the application that the public suites want ----

const suite = { server: "suite", timed: true }; // its heartbeat is a quick one

row("K15", opened(4, "W"), talk`
	C 40
	S 40{"sid":"<id>"}
	S 42["auth",{}]
	C 42["message",1,"2",{"3":[true]}]
	S 42["message-back",1,"2",{"3":[true]}]
	C 42456["message-with-ack",1,"2",{"3":[false]}]
	S 43456[1,"2",{"3":[false]}]
	C 452-["message",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]
	C hex 010203
	C hex 040506
	S 452-["message-back",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]
	S hex 010203
	S hex 040506
	C 452-789["message-with-ack",{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]
	C hex 010203
	C hex 040506
	S 462-789[{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}]
	S hex 010203
	S hex 040506
`, { ...suite, label: "events" });

row("K15", opened(4, "W"), talk`
	C 40/custom,{"token":"123"}
	S 40/custom,{"sid":"<id>"}
	S 42/custom,["auth",{"token":"123"}]
	C 40/random
	S 44/random,{"message":"Invalid namespace"}
`, { ...suite, label: "namespaces" });

row("K15", ["P", "W"].flatMap((transport) =>
	[3, 4].map((eio) => opened(eio, transport, { path: "/engine.io/", raw: true, manual: true }))),
async (s) => {
	await s.send("4hello");
	await s.gets("4hello");
	await s.send(Buffer.from([1, 2, 3]));
	await s.gets(Buffer.from([1, 2, 3]));
	await s.isAlive();
}, { ...suite, label: "raw echo" });

test("K15", async (t) => {
	for (const query of ["transport=polling", "EIO=abc&transport=polling"])
		isError(await t.request({ path: `/engine.io/?${query}` }), 5);
	const { text } = await t.request({ path: "/engine.io/?EIO=4&transport=polling" });
	same(text, new Phrase('0{"sid":"<id>","upgrades":["websocket"],"pingInterval":300,' +
		'"pingTimeout":200,"maxPayload":1000000}'));
}, { ...suite, label: "raw handshake" });
