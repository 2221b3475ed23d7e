// How the web server gives out the console: LP_TARGET says which one.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startStack, target } from "../e2e/lib/stack.mjs";
import { launch, openPage } from "./lib/browser.mjs";

let stack;
let browser;
let base;

before(async () => {
	stack = await startStack({ connectors: 2, console: true });
	base = stack.env.LP_WEB_URL;
	browser = await launch();
});

after(async () => {
	await browser?.close();
	await stack?.stop();
});

test(`${target}: files, types and headers`, async () => {
	const bare = await fetch(`${base}/push-admin`, { redirect: "manual" });
	assert.equal(bare.status, 301);
	assert.equal(new URL(bare.headers.get("location"), base).pathname, "/push-admin/");
	const index = await fetch(`${base}/push-admin/`);
	assert.equal(index.headers.get("content-type"), "text/html; charset=utf-8");
	assert.equal(index.headers.get("cache-control"), "no-cache");
	assert.equal(index.headers.get("content-security-policy"), "frame-ancestors 'none'");
	const text = await index.text();
	const policy = /Content-Security-Policy"\s+content="([^"]*)"/.exec(text)[1];
	assert.match(policy, /script-src 'self'(;|$)/);
	const script = /src="(\/push-admin\/assets\/[^"]+\.js)"/.exec(text)[1];
	for (const encoding of ["gzip", "identity"]) {
		const file = await fetch(base + script, { headers: { "accept-encoding": encoding } });
		assert.equal(file.headers.get("content-type"), "text/javascript; charset=utf-8");
		assert.match(file.headers.get("cache-control"), /immutable/);
		assert.equal(file.headers.get("x-content-type-options"), "nosniff");
		assert.equal(file.headers.get("content-encoding"), encoding === "gzip" ? "gzip" : null);
		assert.match(await file.text(), /^(import|const|var|function|\(|!)/);
	}
	assert.equal((await fetch(`${base}/push-admin/nothing.js`)).status, 404);
	assert.equal((await fetch(`${base}/push-admin/..%2f..%2fetc/passwd`)).status >= 400, true);
});

test(`${target}: the first load has at most 500 KB`, async () => {
	const view = await openPage(browser, base);
	const session = await view.page.context().newCDPSession(view.page);
	await session.send("Network.enable");
	let bytes = 0;
	session.on("Network.loadingFinished", (event) => (bytes += event.encodedDataLength));
	await view.login(stack.env.LP_ADMIN_USER, stack.env.LP_ADMIN_PASSWORD);
	await view.page.waitForSelector("canvas"); // the charts are there, too
	assert.ok(bytes > 100_000 && bytes <= 500_000, `${bytes} bytes`);
	view.noProblems();
	await view.close();
});

test(`${target}: simulated clients connect by websocket and by polling`, async () => {
	const view = await openPage(browser, base);
	await view.login(stack.env.LP_DEMO_NAMESPACE, stack.env.LP_DEMO_PASSWORD);
	await view.go("simulator", stack.env.LP_DEMO_NAMESPACE);
	for (let index = 0; index < 3; index++) {
		await view.page.locator("#sim-count").fill("2");
		await view.choose("transport", index);
		await view.by("add-clients").click();
		await view.tile("online", String((index + 1) * 2));
	}
	await view.by("sim-push").click();
	await view.tile("received", /^([1-9]\d*)$/);
	view.noProblems();
	await view.close();
});
