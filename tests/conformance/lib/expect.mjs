// What was expected against what came; a difference ends the case.

import { isDeepStrictEqual } from "node:util";

export class Mismatch extends Error {
	constructor(expected, got) {
		super(`expected ${show(expected)}, got ${show(got)}`);
	}
}

// One line, short enough to read.
export function show(value) {
	const text = describe(value);
	return text.length > 300 ? `${text.slice(0, 200)} … (${text.length} characters)` : text;
}

function describe(value) {
	if (Buffer.isBuffer(value))
		return `hex ${value.toString("hex") || "(empty)"}`;
	if (value instanceof RegExp || typeof value === "function" || value === undefined)
		return String(value);
	if (value instanceof Phrase || value instanceof Close || value instanceof End)
		return value.toString();
	return JSON.stringify(value).replaceAll("\x1e", "\\x1e");
}

// expected: a value, a RegExp for text, a Phrase, or a function that says whether it is right.
export function same(got, expected) {
	const right =
		typeof expected === "function" ? expected(got)
		: expected instanceof RegExp ? typeof got === "string" && expected.test(got)
		: expected instanceof Phrase ? expected.matches(got)
		: isDeepStrictEqual(got, expected);
	if (!right)
		throw new Mismatch(expected, got);
}

export function check(right, expected, got) {
	if (!right)
		throw new Mismatch(expected, got);
}

// Text in which <id> stands for a session or socket id.
export class Phrase {
	constructor(text) {
		this.text = text;
		const parts = text.split("<id>").map((s) => s.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"));
		this.regexp = new RegExp(`^${parts.join("[A-Za-z0-9_-]+")}$`, "su");
	}

	matches(got) {
		return typeof got === "string" && this.regexp.test(got);
	}

	toString() {
		return this.text;
	}
}

// A websocket's CLOSE frame; code undefined: an empty one.
export class Close {
	constructor(code) {
		this.code = code;
	}

	toString() {
		return this.code === undefined ? "CLOSE" : `CLOSE ${this.code}`;
	}
}

// The end of the TCP connection.
export class End {
	toString() {
		return "the end of the connection";
	}
}
