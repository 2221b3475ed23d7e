// Tests of what the REST API and the sockets promise. Each belongs to a row of contract-rows.txt and
// its name begins with that row's.

import { readFileSync } from "node:fs";
import { test } from "node:test";

import { versions } from "./client.mjs";
import { target } from "./stack.mjs";

const list = new URL("../contract-rows.txt", import.meta.url);
const rows = new Set(readFileSync(list, "utf8").split("\n")
	.filter((line) => line && !line.startsWith("#")));

// One test of a row; detail tells it from others of that row.
export function row(name, detail, fn) {
	if (!rows.has(name))
		throw new Error(`"${name}" is no row of contract-rows.txt`);
	test(`${name}: ${detail} (${target})`, fn);
}

// Once for each generation of clients. fn gets { version, other, own }: that of this test, the other
// one, and a function that makes a name this test's own.
export function socketRow(name, detail, fn) {
	for (const version of versions) {
		const other = versions.find((one) => one !== version);
		const own = (text) => `${text}${version[0]}`;
		row(name, `${detail}; socket.io ${version}`, () => fn({ version, other, own }));
	}
}
