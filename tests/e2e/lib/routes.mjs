// Every endpoint that the API programs serve, and every event that clients may send, as the programs'
// own tables have them: a test that goes through all of them meets a new one too.

import { readFileSync } from "node:fs";

const source = (file) => readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8");

// [{ method, path, auth: "none", "namespace", "push" or "admin", scope: that a token must have, "any",
// "push", "read", "all" or "password" for none }]
export function routes() {
	const row = /\{API_(GET|POST),\s*"([^"]+)",\s*AUTH_(\w+),\s*SCOPE_(\w+),/g;
	const found = [...source("fcgi-api/routes.c").matchAll(row)];
	if (found.length < 20)
		throw new Error("fcgi-api/routes.c is written differently now");
	return found.map(([, method, path, auth, scope]) =>
		({ method, path, auth: auth.toLowerCase(), scope: scope.toLowerCase() }));
}

// ["ackPush", ...]
export function events() {
	const table = /\} events\[\] = \{([^;]+)\};/.exec(source("connector/core/event.c"));
	if (!table)
		throw new Error("connector/core/event.c is written differently now");
	return [...table[1].matchAll(/\{"(\w+)",/g)].map(([, name]) => name);
}
