// A namespace with 50 000 clients in 10 000 rooms: every page answers within a second, and the
// browser stays small. light-push-sim connects LP_CONSOLE_REAL of them, default 2000, since all of
// them take more of a machine; the others are written into Redis as connectors would. Those of the
// simulator come from the page.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { startStack } from "../e2e/lib/stack.mjs";
import { until } from "../e2e/lib/wait.mjs";
import { launch, openPage } from "./lib/browser.mjs";

const KEY = "/crowd";
const CLIENTS = 50_000;
const ROOMS = 10_000;
const REAL = Number(process.env.LP_CONSOLE_REAL ?? 2000);
const CONNECTORS = 4;
const PER_PROCESS = 15_000; // of light-push-sim; each has a file for every client

let stack;
let browser;
let view;
let sim;

// As client_on.lua leaves a client; ARGV: first and last number, owner.
const PRESENCE = `
local B = KEYS[1]
for i = tonumber(ARGV[1]), tonumber(ARGV[2]) do
	local user, platform = 'user' .. i, ({'web', 'ios', 'android'})[i % 3 + 1]
	local id = '${KEY}#' .. user .. '#' .. platform .. '-' .. i
	redis.call('HSET', B .. ':clients', id, ARGV[3] .. '/' .. i .. '/' .. #user)
	redis.call('HSET', B .. ':users', user, 1)
	redis.call('ZADD', B .. ':ever', i, id)
	for _, room in ipairs({'room' .. i % ${ROOMS}, 'all0'}) do
		redis.call('SADD', B .. ':joined:' .. id, room)
		redis.call('HINCRBY', B .. ':rooms', room, 1)
		redis.call('SADD', B .. ':room:' .. room .. ':on:' .. platform, id)
		redis.call('HSET', B .. ':room:' .. room .. ':users', user, 1)
		redis.call('ZADD', B .. ':room:' .. room .. ':ever:' .. platform, i, id)
	end
	redis.call('SADD', B .. ':room:user_' .. user .. ':on:' .. platform, id)
end`;

// From number REAL on; the last one is that of light-push-sim's number 0.
async function writeCrowd() {
	const [owner] = await stack.redis("ZRANGE", "lp:nodes", 0, -1);
	for (let first = REAL; first < CLIENTS; first += 1000)
		await stack.redis("EVAL", PRESENCE, 1, `lp:{${KEY}}`, first, Math.min(first + 1000, CLIENTS) - 1, owner);
}

async function connectCrowd() {
	const urls = stack.env.LP_CONNECTOR_URLS.replaceAll("http:", "ws:").replaceAll(" ", ",");
	sim = spawn(path.join(process.env.LP_BUILD, "light-push-sim"), ["--url", urls, "--clients", `${REAL}`,
		"--processes", `${Math.ceil(REAL / PER_PROCESS)}`, "--sources", "127.0.0.1-127.0.0.4", "--namespace", KEY,
		"--platform", "web:1,ios:1,android:1", "--userid", "user{n}", "--uuid", "{n}", "--join", `room:${ROOMS}:1,all:1:1`,
		"--connect_timeout", "5m", "--duration", "1h", "--quiet"],
	{ stdio: "ignore" });
	await until("clients", async () =>
		(await stack.admin.get("/api/admin/as/crowd/report/online")).clientCount === REAL, 300_000);
}

before(async () => {
	stack = await startStack({ connectors: CONNECTORS, console: true, archive: true });
	const { LP_ADMIN_USER, LP_ADMIN_PASSWORD, LP_WEB_URL } = stack.env;
	await stack.namespace(KEY);
	await connectCrowd();
	await writeCrowd();
	for (let n = 0; n < 100; n++)
		await stack.admin.post("/api/admin/as/crowd/push", { room: `room${n}`, pushData: { n } });
	browser = await launch();
	view = await openPage(browser, LP_WEB_URL);
	await view.login(LP_ADMIN_USER, LP_ADMIN_PASSWORD);
});

after(async () => {
	sim?.kill();
	await browser?.close();
	await stack?.stop();
});

// How long the slowest answer of the API took since the last call, and that there was one.
async function slowest() {
	const times = await view.page.evaluate(() => {
		const entries = performance.getEntriesByType("resource").filter((one) => one.name.includes("/api/"));
		performance.clearResourceTimings();
		return entries.map((one) => one.duration);
	});
	assert.ok(times.length > 0);
	return Math.max(...times);
}

// Does it up to three times, since the machine may be busy with something else; how long the slowest
// answer took at best.
async function within(limit, action) {
	let best = Infinity;
	for (let i = 0; i < 3 && best > limit; i++) {
		await view.page.evaluate(() => performance.clearResourceTimings());
		await action();
		best = Math.min(best, await slowest());
	}
	return best;
}

// The archive keeps no clients: the client's page asks, and says so.
const CLIENT = `client/${encodeURIComponent(`${KEY}#user777#web-777`)}`;

for (const [name, namespace] of [["overview"], ["namespaces"], ["settings"], ["dashboard", KEY],
	["clients", KEY], ["clients?tab=users", KEY], ["clients?tab=rooms", KEY], ["history", KEY],
	["edit", KEY], [CLIENT, KEY]]) {
	test(`${name} answers within a second`, async (t) => {
		view.expected = name === CLIENT ? [/^503 .*\/history\/clients/] : [];
		const ms = await within(1000, async () => {
			await view.leave();
			const answered = view.answered;
			await view.go(name, namespace);
			await view.settled(answered);
		});
		if (name === CLIENT)
			await view.by("no-client-events").waitFor();
		t.diagnostic(`${name}: ${Math.round(ms)} ms`);
		assert.ok(ms <= 1000, `${ms} ms`);
		view.noProblems();
	});
}

test("a search among all of them answers within a second", async (t) => {
	await view.go("clients", KEY);
	const ms = await within(1000, async () => {
		for (const [tab, field, text] of [["clients", "search-clients", "user49999#"],
			["users", "search-users", "user49998"], ["rooms", "search-rooms", "room9999"]]) {
			await view.page.locator(`#tab-${tab}`).click();
			await view.fill(field, "");
			const { answered } = view;
			await view.fill(field, text);
			await view.settled(answered);
			await view.page.waitForFunction((pane) =>
				document.querySelectorAll(`#pane-${pane} tbody tr:not(.nothing)`).length === 1, tab);
		}
	});
	t.diagnostic(`search: ${Math.round(ms)} ms`);
	assert.ok(ms <= 1000, `${ms} ms`);
});

test("the largest rooms side by side", async () => {
	await view.go("dashboard", KEY);
	await view.fill("watch-room", "all0");
	await view.page.locator("form button[type=submit]").click();
	await view.text("tr[data-key=all0] td:nth-child(3)", "50,000");
	const ms = await within(1000, () => view.answers(3)); // it is asked again and again
	assert.ok(ms <= 1000, `${ms} ms`);
});

test("200 simulated clients receive, and the browser stays below 300 MB", async (t) => {
	await view.go("simulator", KEY);
	await view.page.locator("#sim-count").fill("200");
	await view.by("add-clients").click();
	await view.tile("online", "200");
	// They join when they are online.
	await until("all are in the room", async () =>
		(await stack.admin.get("/api/admin/as/crowd/report/online?room=news"))[0].clientCount === 200, 60_000);
	for (let n = 1; n <= 20; n++)
		await stack.admin.post("/api/admin/as/crowd/push", { room: "news", pushData: { n } });
	await view.tile("received", "4,000");
	await view.tile("missed", "0");
	const session = await view.page.context().newCDPSession(view.page);
	await session.send("Performance.enable");
	const { metrics } = await session.send("Performance.getMetrics");
	const used = metrics.find((one) => one.name === "JSHeapUsedSize").value;
	const total = await processMemory();
	t.diagnostic(`heap ${Math.round(used / 1e6)} MB, process ${total && Math.round(total / 1e6)} MB`);
	assert.ok(used < 300e6, `heap: ${used} bytes`);
	assert.ok(total === null || total < 300e6, `process: ${total} bytes`);
	view.noProblems();
});

// Private memory of the page's own process; null where it can not be told.
async function processMemory() {
	try {
		const { processInfo } = await (await browser.newBrowserCDPSession()).send("SystemInfo.getProcessInfo");
		const sizes = processInfo.filter((one) => one.type === "renderer").map((one) => {
			const rollup = readFileSync(`/proc/${one.id}/smaps_rollup`, "utf8");
			return ["Private_Clean", "Private_Dirty"].reduce((sum, field) =>
				sum + 1024 * Number(new RegExp(`${field}:\\s+(\\d+)`).exec(rollup)[1]), 0);
		});
		return Math.max(...sizes);
	} catch {
		return null;
	}
}
