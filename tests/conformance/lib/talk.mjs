// A case told as lines, the way the protocol's descriptions show a conversation:
//
//	C 42["echo",1]     the client sends this packet; C hex 0102: a binary message
//	S 42["echo",1]     this is what comes next; <id> stands for any id; S hex 0102: binary
//	S close 1002       the server closes the session; with that code if there is one
//	alive              the session lives, and nothing else has come
//
// On polling every C is a POST of its own.

import { Phrase } from "./expect.mjs";

const steps = {
	"C hex": (s, rest) => s.send(Buffer.from(rest, "hex")),
	C: (s, rest) => s.send(rest),
	"S hex": (s, rest) => s.gets(Buffer.from(rest, "hex")),
	"S close": (s, rest) => s.closed(rest ? Number(rest) : undefined),
	S: (s, rest) => s.gets(rest.includes("<id>") ? new Phrase(rest) : rest),
	alive: (s) => s.isAlive(),
};

const names = Object.keys(steps);

export function talk(strings, ...values) {
	return conversation(String.raw(strings, ...values));
}

export function conversation(text) {
	const lines = text.split("\n").map((line) => line.trim()).filter(Boolean);
	const plan = lines.map((line) => {
		const name = names.find((name) => line === name || line.startsWith(`${name} `));
		if (!name)
			throw new Error(`no such step: ${line}`);
		return { run: steps[name], rest: line.slice(name.length + 1), line };
	});
	return async (session) => {
		for (const { run, rest, line } of plan) {
			try {
				await run(session, rest);
			} catch (error) {
				error.message = `at "${line}": ${error.message}`;
				throw error;
			}
		}
	};
}
