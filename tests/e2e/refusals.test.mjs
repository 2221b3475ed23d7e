// A client that may not connect learns why, and is never told that it had connected.

import assert from "node:assert/strict";
import { after, before } from "node:test";

import { Client, versions } from "./lib/client.mjs";
import { row } from "./lib/contract.mjs";
import { startStack } from "./lib/stack.mjs";
import { within } from "./lib/wait.mjs";

const OPEN = "/refusals";
const OFFLINE = "/refusals-offline";

const refusals = [
	["refused: namespace unknown", "", "/nobody", { uuid: "u" }, "this namespace not found"],
	["refused: namespace offline", "", OFFLINE, { uuid: "u" }, "this namespace offline"],
	["refused: uuid", "none", OPEN, {}, "uuid invalid"],
	["refused: uuid", "bad", OPEN, { uuid: "a b" }, "uuid invalid"],
	["refused: uuid", "long", OPEN, { uuid: "u".repeat(101) }, "uuid invalid"],
	["refused: userid", "bad", OPEN, { uuid: "u", userid: "a b" }, "userid invalid"],
	["refused: userid", "long", OPEN, { uuid: "u", userid: "u".repeat(101) }, "userid invalid"],
	["refused: platform", "bad", OPEN, { uuid: "u", platform: "fridge" }, "platform invalid"],
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
			for (const [name, what, namespace, identity, message] of refusals) {
				row(name, `${what} ${version} ${transport} by ${by}`.trim(), async () => {
					const client = new Client(stack.socket(), { version, transport, by, namespace, identity });
					try {
						const first = await within(20_000, `refusal of ${client.name}`, client.first);
						assert.deepEqual(first, { type: "refused", data: message });
						assert.ok(!client.events.some(({ type }) => type === "connect"));
					} finally {
						client.close();
					}
				});
			}
		}
	}
}
