// A client that may not connect learns why, and is never told that it had connected.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Client, versions } from "./lib/client.mjs";
import { startStack, target } from "./lib/stack.mjs";
import { within } from "./lib/wait.mjs";

const OPEN = "/refusals";
const OFFLINE = "/refusals-offline";

const refusals = [
	["unknown namespace", "/nobody", { uuid: "u" }, "this namespace not found"],
	["offline namespace", OFFLINE, { uuid: "u" }, "this namespace offline"],
	["no uuid", OPEN, {}, "uuid invalid"],
	["bad uuid", OPEN, { uuid: "a b" }, "uuid invalid"],
	["long uuid", OPEN, { uuid: "u".repeat(101) }, "uuid invalid"],
	["bad userid", OPEN, { uuid: "u", userid: "a b" }, "userid invalid"],
	["bad platform", OPEN, { uuid: "u", platform: "fridge" }, "platform invalid"],
];

let stack;

before(async () => {
	stack = await startStack();
	await stack.namespace(OPEN);
	await stack.namespace(OFFLINE);
	await stack.admin.post("/api/admin/namespace/save", { key: OFFLINE, offline: "on" });
});

after(() => stack?.stop());

for (const version of versions) {
	for (const transport of ["websocket", "polling"]) {
		for (const by of ["url", "connect"]) {
			for (const [what, namespace, identity, message] of refusals) {
				test(`${what}: ${version} ${transport} by ${by} (${target})`, async () => {
					const client = new Client(stack.socket(), { version, transport, by, namespace, identity });
					try {
						const first = await within(5000, `refusal of ${client.name}`, client.first);
						assert.deepEqual(first, { type: "refused", data: message });
					} finally {
						client.close();
					}
				});
			}
		}
	}
}
