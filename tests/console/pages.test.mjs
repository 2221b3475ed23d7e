// Every page of the console and what can be done on it, in both languages, against a real stack. An
// error in the browser's console or a request that fails is a failure.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { after, before, describe, test } from "node:test";

import { startStack } from "../e2e/lib/stack.mjs";
import { request } from "../e2e/lib/rest.mjs";
import { until as untilWithin } from "../e2e/lib/wait.mjs";
import { launch, openPage } from "./lib/browser.mjs";

// Of one address, before it is slowed down: more than there are on purpose before the last test. One
// is forgotten every 4 minutes.
const FAILURES = 15;

// The machine may be slow, and both languages run on it.
const until = (what, fn, ms = 60_000) => untilWithin(what, fn, ms);

let stack;
let browser;
let base;
let files; // keys and certificates
const admin = () => [stack.env.LP_ADMIN_USER, stack.env.LP_ADMIN_PASSWORD];

before(async () => {
	// Callbacks are given up after a second, so that there are some to be seen.
	stack = await startStack({
		connectors: 2,
		archive: true,
		set: { redis_timeout: "5s", archive_clients: "true", callback_retry: "1s", callback_timeout: "1s",
			login_failures: `${FAILURES}`, login_failures_time: "1h" },
		console: true,
	});
	base = stack.env.LP_WEB_URL;
	browser = await launch();
	files = makeKeys();
});

after(async () => {
	if (files)
		rmSync(files.folder, { recursive: true });
	await browser?.close();
	await stack?.stop();
});

// Side by side, each in namespaces of its own: most of the time is spent waiting.
describe("in each language", { concurrency: 2 }, () => {
	for (const locale of ["en-US", "zh-CN"])
		describe(locale, { concurrency: 1 }, () => pagesIn(locale));
});

function pagesIn(locale) {
	const lang = locale.slice(0, 2);
	const key = `/shop-${lang}`;
	const as = (rest) => `/api/admin/as/${encodeURIComponent(key)}${rest}`;
	const push = (room, pushData, more) => stack.admin.post(as("/push"), { room, pushData, ...more });

	let view;
	let page;
	let password;

	before(async () => {
		view = await openPage(browser, base, { locale });
		page = view.page;
	});
	after(() => view?.close());

	test("login: a wrong password is told in words, the right one opens the overview", async () => {
		view.expected = [/^401 .*\/api\/admin\/login/];
		await page.goto(`${base}/push-admin/`);
		await page.waitForSelector("#user");
		assert.equal(await page.locator("html").getAttribute("lang"), lang === "zh" ? "zh-CN" : "en");
		await view.accessible("login");
		await page.fill("#user", admin()[0]);
		await page.fill("#password", "wrong");
		await page.click("button[type=submit]");
		await view.text(".note.error", lang === "zh" ? "名称或密码错误。" : "Name or password is wrong.");
		await view.shot("login");
		await page.fill("#password", admin()[1]);
		await page.click("button[type=submit]");
		await view.inside("/overview");
		view.noProblems();
	});

	test("the session is kept by the tab alone", async () => {
		const [local, session] = await page.evaluate(() =>
			[JSON.stringify(localStorage), JSON.stringify(sessionStorage)]);
		assert.ok(!local.includes(admin()[1]), local);
		assert.ok(session.includes(admin()[1]));
		await page.reload();
		await view.inside("/overview");
	});

	test("namespaces: create, with the password shown once", async () => {
		await view.go("namespaces");
		await view.by("create").click();
		await page.fill("#new-key", key.slice(1));
		await page.fill("#new-name", `Shop ${lang}`);
		await view.by("generate").click();
		password = await page.locator("#new-password").inputValue();
		assert.match(password, /^\w{24}$/);
		await view.accessible("new namespace");
		await page.locator(".el-dialog__footer .el-button--primary").click();
		await view.text("[data-test=password-once]", password);
		await view.shot("namespace-created");
		await page.locator(".el-dialog__footer .el-button--primary").click();
		await page.waitForSelector(`tr[data-key="${key}"]`);
		assert.equal((await stack.rest(key, password).send("POST", "/api/auth/login", {})).status, 200);
		// The same again is refused, and changes no password.
		await view.by("create").click();
		await page.fill("#new-key", key);
		await view.noted(() => page.locator(".el-dialog__footer .el-button--primary").click(), "error");
		await page.keyboard.press("Escape");
		await page.locator(".el-dialog:visible").waitFor({ state: "hidden" });
		assert.equal((await stack.rest(key, password).send("POST", "/api/auth/login", {})).status, 200);
		view.noProblems();
	});

	test("namespaces: search, pages, offline and online", async () => {
		const many = `/tenant-${lang}-`; // behind the shop, which so is on the first page
		const row = page.locator(`tr[data-key="${many}17"]`);
		const one = `/api/admin/as/${encodeURIComponent(`${many}17`)}/namespace`;
		for (let i = 0; i < 25; i++)
			await stack.admin.post("/api/admin/namespace/save", { key: many + i, name: `Many ${lang} ${i}` });
		await view.go("namespaces");
		await page.locator(".el-pager li", { hasText: "2" }).click();
		await page.waitForSelector(".el-pager li.is-active:has-text(\"2\")");
		const [byKey, byName] = await page.locator(".filters input.el-input__inner").all();
		await byKey.fill(`${many}1`);
		await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 11);
		await byName.fill(`Many ${lang} 17`);
		await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
		await row.locator(".el-switch").click();
		await page.locator(".el-message-box .el-button--primary").click();
		await row.locator(".el-switch:not(.is-checked):not(.is-disabled)").waitFor();
		assert.equal((await stack.admin.get(one)).offline, "on");
		await byName.fill("");
		await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 11);
		await page.locator(".filters .el-radio-button").nth(2).click(); // those that are offline
		await page.waitForFunction(() => document.querySelectorAll("tbody tr").length === 1);
		await row.locator(".el-switch").click();
		await row.waitFor({ state: "detached" });
		assert.equal((await stack.admin.get(one)).offline, "off");
		for (let i = 0; i < 25; i++) {
			await stack.admin.post("/api/admin/namespace/save", { key: many + i, offline: "on" });
			await stack.admin.post(`/api/admin/namespace/flush/${encodeURIComponent(many + i)}`, {});
		}
		await page.reload();
		await page.waitForSelector(`tr[data-key="${key}"]`);
		await view.accessible("namespaces");
		await view.shot("namespaces");
		view.noProblems();
	});

	test("configuration: callbacks, limits, password", async () => {
		await view.go("edit", key);
		await page.fill("#connect_callback", "ftp://x");
		await page.waitForSelector(".el-form-item__error");
		await page.fill("#connect_callback", "");
		await page.fill("#disconnect_callback", "http://127.0.0.1:9/gone");
		await page.fill("#callback_auth", "secret");
		await page.locator(".el-form-item", { has: page.locator("#callback_secret") }).locator("[data-test=generate]").click();
		await view.noted(() =>
			page.locator("form", { has: page.locator("#name") }).locator("button[type=submit]").click());
		const limits = page.locator("form", { has: page.locator("#limit_clients") });
		await page.locator("#limit_clients").fill("5000");
		await page.locator("#limit_clients").press("Tab");
		await page.locator("#archive_days").fill("30");
		await page.locator("#archive_days").press("Tab");
		await limits.locator("button[type=submit]").click();
		await until("saved", async () => {
			const saved = await stack.admin.get(as("/namespace"));
			return saved.disconnect_callback === "http://127.0.0.1:9/gone" && saved.limit_clients === 5000 && saved.archive_days === 30 &&
				saved.connect_callback === null && saved.callback_secret_set;
		});
		// What is typed stays when another part of the page is saved.
		await page.fill("#name", "A shop");
		await view.by("remove-secret").click();
		await view.by("remove-secret").waitFor({ state: "detached" });
		assert.equal(await page.inputValue("#name"), "A shop");
		await until("removed", async () => !(await stack.admin.get(as("/namespace"))).callback_secret_set);
		const card = page.locator("form", { has: page.locator("#password") });
		await card.locator("[data-test=generate]").click();
		password = await page.locator("#password").inputValue();
		await card.locator("button[type=submit]").click();
		await view.text(".note.good code", password);
		assert.equal((await stack.rest(key, password).send("POST", "/api/auth/login", {})).status, 200);
		await view.accessible("configuration");
		view.noProblems();
	});

	test("configuration: a second password, put and taken away", async () => {
		await view.go("edit", key);
		const card = page.locator("form", { has: page.locator("#second-password") });
		await card.locator("[data-test=generate]").click();
		const second = await page.locator("#second-password").inputValue();
		await card.locator("button[type=submit]").click();
		await view.text("[data-test=second-password-once]", second);
		const login = async (secret) => (await stack.rest(key, secret).send("POST", "/api/auth/login", {})).status;
		assert.deepEqual([await login(password), await login(second)], [200, 200]);
		await view.by("second-password-remove").click();
		await view.by("second-password-remove").waitFor({ state: "detached" });
		assert.deepEqual([await login(password), await login(second)], [200, 401]);
		view.noProblems();
	});

	test("configuration: API tokens, made, shown once, revoked", async () => {
		await view.go("edit", key);
		await view.by("add-token").click();
		await page.fill("#token-name", "order service");
		await view.by("scope-read").click();
		await view.accessible("new token");
		await view.by("create-token").click();
		const token = await view.by("token-once").innerText();
		const ask = async () => (await request(base, "GET", "/api/auth/rooms",
			{ headers: { authorization: `Bearer ${token}` } })).status;
		assert.equal(await ask(), 200);
		await view.accessible("a token");
		await page.locator(".el-dialog__footer .el-button--primary").click();
		await page.reload();
		const [{ id }] = (await stack.admin.get(as("/token"))).list;
		const row = page.locator(`tr[data-key="${id}"]`);
		await row.waitFor();
		assert.match(await row.innerText(), /order service/);
		assert.ok(!(await page.content()).includes(token));
		await row.locator("button").click();
		await page.fill("#typed-confirm", "order service");
		await page.locator(".el-dialog__footer:visible .el-button--danger").click();
		await row.waitFor({ state: "detached" });
		assert.equal(await ask(), 401);
		view.noProblems();
	});

	test("configuration: tokens of clients, and a client that comes with one", async () => {
		const keys = async () => (await stack.admin.get(as("/namespace"))).jwt_keys;
		await view.go("edit", key);
		await view.by("jwt-required").click();
		await view.text(".note.warning", lang === "zh" ? /没有密钥/ : /There is no key yet/);
		await view.noteGone();
		await view.by("add-jwt-key").click();
		await page.fill("#jwt-kid", "2026");
		await page.fill("#jwt-key", "too short");
		await view.text(".el-form-item__error", /32/);
		await page.locator(".el-dialog:visible [data-test=generate]").click();
		await view.accessible("new key");
		await view.by("save-jwt-key").click();
		const secret = await view.by("jwt-once").innerText();
		assert.equal(secret.length, 48);
		await page.locator(".el-dialog:visible .el-dialog__footer button").click();
		await page.waitForSelector("tr[data-key='2026 HS256']");
		await view.noteGone();
		await view.by("add-jwt-key").click();
		await page.locator(".el-dialog:visible .el-radio-button").nth(2).click();
		await page.setInputFiles("#jwt-file", files.publicKey);
		await page.waitForFunction(() => document.querySelector("#jwt-key").value.includes("BEGIN PUBLIC KEY"));
		await view.by("save-jwt-key").click();
		await page.waitForSelector("tr[data-key=' ES256']");
		assert.deepEqual((await keys()).map(({ kid, alg, key_set: set }) => [kid, alg, set]),
			[["2026", "HS256", true], [undefined, "ES256", true]]);
		assert.ok(!(await page.content()).includes(secret));
		await view.accessible("configuration with keys");

		await view.go("simulator", key);
		await page.fill("#sim-token", "none of yours");
		await page.locator("#sim-count").fill("1");
		await view.by("add-clients").click();
		await view.text("tr .trouble", "token invalid");
		// Perhaps it is just trying again.
		view.expected = [/WebSocket is closed before the connection is established/];
		await view.by("sim-remove").click();
		await page.fill("#sim-token", tokenOf({ sub: "anna" }, secret));
		await view.by("add-clients").click();
		await view.tile("online", "1");
		await until("she is a user", async () =>
			(await stack.admin.get(as("/users"))).list.map(({ userid }) => userid).join() === "anna");
		await view.by("sim-remove").click();
		await until("gone", async () => (await stack.admin.get(as("/report/online"))).clientCount === 0);

		await view.go("edit", key);
		await page.locator("tr[data-key='2026 HS256'] button").click();
		await page.fill("#typed-confirm", "2026");
		await page.locator(".el-dialog__footer:visible .el-button--danger").click();
		await page.waitForSelector("tr[data-key='2026 HS256']", { state: "detached" });
		assert.deepEqual((await keys()).map(({ alg }) => alg), ["ES256"]);
		await view.by("jwt-required").click();
		await until("anybody", async () => (await stack.admin.get(as("/namespace"))).connect_auth === null);
		view.noProblems();
	});

	test("configuration: push providers, their keys from files, and when they end", async () => {
		const add = async (type, name) => {
			await view.by("add-provider").click();
			await page.locator(".el-dialog:visible .el-radio-button").nth(type).click();
			await page.fill("#provider-name", name);
		};
		const save = () => page.locator(".el-dialog:visible .el-button--primary").click();
		await view.go("edit", key);
		await add(0, "main");
		await page.fill("#apns_topic", "org.example.shop");
		await page.setInputFiles("#apns_production_cert", files.certificate);
		await page.setInputFiles("#apns_production_key", files.otherKey);
		await view.text(".field .mono", "other"); // it has been read
		await view.text(".field .muted", /20\d\d/); // when it ends
		await view.accessible("APNs provider");
		await view.shot("provider-apns");
		// What is wrong is told with its place, and what was typed stays.
		view.expected = [/^400 .*\/namespace\/save/];
		assert.match(await view.noted(save, "error"), /apns_production_key.*does not belong to the certificate/s);
		await page.setInputFiles("#apns_production_key", files.key);
		await view.text(".field .mono", "key");
		await save();
		await view.text("tr[data-key=main]", /org\.example\.shop.*20\d\d.*\b89\b/s);
		await view.noteGone();
		await add(1, "google");
		await page.setInputFiles("#service_account", files.account);
		await view.text(".field .muted", lang === "zh" ? "项目 shop" : "Project shop");
		await save();
		await view.text("tr[data-key=google]", lang === "zh" ? /服务账号/ : /Service account/);
		await view.noteGone();
		await add(2, "browsers");
		await page.fill("#vapid_subject", "someone");
		await view.text(".el-form-item__error", /mailto:/);
		await page.fill("#vapid_subject", "mailto:push@example.org");
		await view.by("vapid-make").click();
		await page.waitForFunction(() => document.querySelector("#vapid_public_key").value.length === 87);
		await view.accessible("Web Push provider");
		await view.shot("provider-webpush");
		await save();
		await view.text("tr[data-key=browsers]", /push@example\.org/);
		await view.noteGone();
		const row = page.locator("tr[data-key=main]");
		await row.locator("button").first().click();
		await page.fill("#apns_topic", "org.example.other");
		await save();
		await view.text("tr[data-key=main]", /org\.example\.other/);
		await view.noteGone();
		await view.accessible("configuration with providers");
		await view.shot("configuration", true);
		await row.locator(".el-button--danger").click();
		const sure = page.locator(".el-dialog__footer:visible .el-button--danger");
		assert.ok(await sure.isDisabled());
		await page.fill("#typed-confirm", "main");
		await sure.click();
		await row.waitFor({ state: "detached" });
		assert.deepEqual((await stack.admin.get(as("/namespace"))).push_providers.map((one) => one.name),
			["google", "browsers"]);
		view.noProblems();
	});

	test("simulator: clients of all kinds, acknowledgements on, off and late", async () => {
		await view.go("simulator", key);
		await page.locator("#sim-count").fill("3");
		await page.locator("#sim-prefix").fill("dev");
		await view.choose("platform", 3); // in turn
		await view.by("add-clients").click();
		await view.tile("online", "3");
		// They join when they are online.
		await until("they are in the room", async () => {
			const { clientCount, iosClientCount, androidClientCount } = await room("news");
			return `${[clientCount, iosClientCount, androidClientCount]}` === "3,1,1";
		});
		const { id } = await push("news", { text: "first" });
		await view.tile("received", "3");
		await acked(id, 3);
		await view.choose("sim-ack", 1);
		await view.by("sim-set-ack").click();
		const off = await push("news", { text: "nobody says it came" });
		await view.tile("received", "6");
		await view.choose("sim-ack", 2);
		await view.by("sim-set-ack").click();
		const late = await push("news", { text: "they say so late" });
		await acked(late.id, 3);
		assert.equal((await stack.admin.get(as(`/report/push/${off.id}`))).ackCount, "0");
		await view.choose("sim-ack", 0);
		await view.by("sim-set-ack").click();
		view.noProblems();
	});

	test("simulator: one alone goes, comes back, joins, leaves, tells of itself and pushes", async () => {
		await page.locator("tr[data-uuid=dev-1] input[type=checkbox]").check();
		await view.by("sim-offline").click();
		await view.tile("online", "2");
		await view.by("sim-online").click();
		await view.tile("online", "3");
		await page.fill("#sim-room", "vip");
		await view.by("sim-join").click();
		await until("joined", async () => (await room("vip")).clientCount === 1);
		await view.by("sim-push").click();
		await until("pushed", async () =>
			(await stack.admin.get(as("/report/push?size=1")))[0].room === "vip");
		await view.by("sim-leave").click();
		await until("left", async () => (await room("vip")).clientCount === 0);
		await page.locator("#tab-info").click();
		await view.by("sim-info").click();
		const id = `${key}#dev-user-1#web-dev-1`;
		await until("info", async () => (await stack.admin.post(as("/client"), { id })).mobile === "Pixel 8");
		await page.locator("#tab-push").click();
		await page.locator("tr[data-uuid=dev-1] input[type=checkbox]").uncheck();
		await view.noteGone();
		view.noProblems();
	});

	test("simulator: what was missed while the network was away is marked, and fetched", async () => {
		await page.fill("#sim-room", "news");
		await page.locator("tr[data-uuid=dev-1] .link").click();
		await page.locator("tr[data-uuid=dev-1] input[type=checkbox]").check();
		await until("it is back in the room", async () => (await room("news")).clientCount === 3);
		await page.locator(".group input").first().fill("600");
		await page.locator(".group input").first().press("Tab");
		await view.by("sim-drop").click();
		await view.tile("online", "2");
		const { id } = await push("news", { text: "lost on the way" });
		await view.by("sim-online").click(); // before the 600 s are over
		await view.tile("online", "3");
		await until("it is back in the room", async () => (await room("news")).clientCount === 3);
		await view.tile("missed", "1");
		await page.waitForSelector("li[data-state=missed]");
		await view.accessible("simulator");
		await view.shot("simulator", true);
		await view.by("fetch-missed").click();
		await page.waitForSelector("li[data-state=fetched]");
		await view.tile("missed", "0");
		assert.ok(id > 0);
		view.noProblems();
	});

	test("a push from the page reaches them; the report, the timeline and the curl show it", async () => {
		// The simulator lives as long as its page: another one looks at it from outside.
		const other = await openPage(browser, base, { locale });
		await other.login(key, password);
		assert.equal(await other.page.locator("nav a[href='#/overview']").count(), 0);
		await other.go("push", key);
		await other.accessible("push");
		await other.page.fill("#push-name", "news");
		await other.page.fill("#push-data", "{\"a\":");
		await other.text(".editor .bad", /1/);
		assert.ok(await other.page.locator("form button[type=submit]").isDisabled());
		await other.page.locator(".templates button").nth(2).click();
		await other.page.locator(".checks .el-checkbox").first().click();
		assert.match(await other.page.locator("pre").first().innerText(),
			/curl -u .*"\$PASSWORD".*\n.*"leaveMessage":true/s);
		await other.page.locator("form button[type=submit]").click();
		await other.text("[data-test=delivered]", "3");
		await other.text("[data-test=acked]", "3");
		await other.answers(2); // for the line of the chart
		await other.shot("push", true);
		await other.page.locator("a[href*='/message/']").click();
		await other.page.waitForSelector("[data-test=push-data]");
		await other.text("main ol strong", lang === "zh" ? "已写出" : "Written");
		await other.fill("timeline-client", `${key}#dev-user-1#web-dev-1`);
		await other.text("main ol strong", lang === "zh" ? "已确认" : "Acknowledged");
		await other.page.locator("button[aria-expanded]:not(.menu)").click();
		await other.text(".list a", `${key}#dev-user-1#web-dev-1`);
		await other.accessible("message");
		await other.shot("message", true);
		// To one client alone, whose id is suggested.
		const client = `${key}#dev-user-1#web-dev-1`;
		await other.go("push", key);
		await other.page.locator(".el-radio-button").nth(2).click();
		await other.page.fill("#push-name", "dev-user-1#");
		await other.page.waitForSelector(`#push-names option[value="${client}"]`, { state: "attached" });
		await other.page.fill("#push-name", client);
		await other.page.locator("form button[type=submit]").click();
		await other.text("[data-test=delivered]", "1");
		await other.text("dl.facts dd", client);
		// A simulated loss, to a user.
		await other.page.locator(".el-radio-button").nth(1).click();
		await other.page.fill("#push-name", "dev-user-1");
		await other.page.locator(".checks .el-checkbox").nth(1).click();
		await other.page.locator("form button[type=submit]").click();
		await other.page.waitForSelector(".note.warning");
		await other.text("[data-test=delivered]", "0");
		other.noProblems();
		await other.close();
	});

	test("what is pushed is text, never HTML", async () => {
		const evil = "<img src=x onerror=\"window.hacked=1\"><script>window.hacked=2</script>";
		const { id } = await push("news", { [evil]: evil, text: evil });
		await page.waitForFunction((wanted) => document.body.innerText.includes(wanted), "onerror");
		const other = await openPage(browser, base, { locale });
		await other.login(...admin());
		for (const where of [`message/${id}`, "history", `client/${encodeURIComponent(`${key}#dev-user-1#web-dev-1`)}`]) {
			await other.go(where, key);
			await other.page.waitForFunction((wanted) => document.body.innerText.includes(wanted), "onerror");
		}
		for (const one of [page, other.page]) {
			assert.equal(await one.evaluate(() => window.hacked), undefined);
			assert.equal(await one.locator("main img, main script").count(), 0);
		}
		// The browser itself would not run it either.
		const ran = await other.page.evaluate(() => {
			const script = document.createElement("script");
			script.textContent = "window.inline = 1";
			document.body.append(script);
			return window.inline;
		});
		assert.equal(ran, undefined);
		other.expected = [/Content Security Policy/];
		other.noProblems();
		await other.close();
		view.noProblems();
	});

	test("dashboard: figures, live lines, rooms side by side, messages by time", async () => {
		const other = await openPage(browser, base, { locale });
		await other.login(...admin());
		await other.go("dashboard", key);
		await other.tile("clients", "3");
		await other.by("watch-largest").click();
		await other.page.waitForSelector("tr[data-key=news]");
		await other.fill("watch-room", "vip");
		await other.page.locator("form button[type=submit]").click();
		await other.page.waitForSelector("tr[data-key=vip]");
		await other.text("tr[data-key=news] td:nth-child(3)", "3");
		await other.page.waitForFunction(() => document.querySelectorAll("canvas").length >= 5);
		await other.answers(6); // for the lines
		await other.accessible("dashboard");
		await other.shot("dashboard", true);
		for (const step of [1, 2])
			await other.page.locator(".el-radio-group .el-radio-button").nth(step).click();
		await other.page.locator(".chips button").last().click();
		await other.page.waitForSelector("tr[data-key=vip]", { state: "detached" });
		other.noProblems();
		await other.close();
	});

	test("who is online: clients, users, rooms; a client's page; kick", async () => {
		const other = await openPage(browser, base, { locale });
		await other.login(...admin());
		await other.go("clients", key);
		const rows = (count) => other.page.waitForFunction((n) =>
			document.querySelectorAll(".el-tab-pane:not([style*='none']) tbody tr:not(.nothing)").length === n, count);
		await rows(3);
		await other.accessible("clients");
		await other.shot("clients");
		await other.fill("search-clients", "ios-dev");
		await rows(1);
		await other.fill("search-clients", "");
		await other.fill("filter-room", "nowhere");
		await rows(0);
		await other.fill("filter-room", "news");
		await rows(3);
		await other.page.locator("#tab-users").click();
		await rows(3);
		await other.fill("search-users", "user-2");
		await rows(1);
		await other.page.locator("#pane-users tbody button").click();
		await rows(1);
		await other.page.locator("#tab-rooms").click();
		await rows(1);
		await other.fill("search-rooms", "zzz");
		await rows(0);
		await other.page.locator("#tab-clients").click();
		await other.page.locator("#pane-clients tbody a").first().click();
		await other.text("dd .state", lang === "zh" ? "在线" : "online");
		await other.text(".state", lang === "zh" ? "是" : "yes"); // a message that it acknowledged
		await other.accessible("client");
		await other.shot("client");
		await other.page.locator("main .el-button--danger").click();
		await other.page.fill("#kick-reason", "for the test");
		await other.accessible("kick");
		await other.by("kick").click();
		await other.text("dd .state", lang === "zh" ? "离线" : "offline");
		await other.page.locator("[data-test=client-events] tbody", { hasText: lang === "zh" ? "下线" : "went" }).waitFor();
		other.noProblems();
		await other.close();
		// The client was told why, and stays away until somebody brings it back.
		await view.text("tr[data-uuid=dev-2] .trouble", "kicked: for the test");
		await page.locator("tr[data-uuid=dev-1] input[type=checkbox]").uncheck();
		await view.by("sim-online").click();
		await view.tile("online", "3");
		view.noProblems();
	});

	test("simulator: polling clients; all stay on other pages, and leave with the tab", async () => {
		await view.choose("transport", 2);
		await page.locator(".fields .el-radio-button").nth(1).click(); // one of a name
		await page.locator("#sim-uuid").fill("phone");
		await page.locator("#sim-userid").fill("alice");
		await view.by("add-clients").click();
		await view.tile("online", "4");
		await page.locator("tr[data-uuid=phone] input[type=checkbox]").check();
		await view.by("sim-remove").click();
		await page.waitForSelector("tr[data-uuid=phone]", { state: "detached" });
		await view.go("history", key);
		await view.text("[data-test=simulated]", /^3\b/);
		await push("news", { text: "while another page is open" });
		await view.go("simulator", key);
		await view.tile("online", "3");
		await page.waitForSelector("tr[data-uuid=dev-3]");
		await page.reload();
		await until("all gone", async () =>
			(await stack.admin.get(as("/report/online"))).clientCount === 0);
		view.noProblems();
	});

	test("history: rates, pages, what the archive is asked for, files", async () => {
		for (let i = 0; i < 20; i++)
			await push("nobody", { n: i });
		await push("somebody", { text: "订单 parcel" }, { leaveMessage: true });
		await until("all are in the archive", async () =>
			(await stack.admin.get(as("/history?q=parcel"))).list.length === 1);
		const rows = (count) => page.waitForFunction((wanted) =>
			document.querySelectorAll("tbody tr:not(.nothing)").length === wanted, count);
		await view.go("history", key);
		await rows(20);
		await view.by("next").click();
		await view.text("tbody", /100 %/);
		await view.accessible("history");
		await view.shot("history");
		await view.fill("history-text", "订单");
		await rows(1);
		await view.text("tbody", /somebody/);
		await view.fill("history-text", "");
		await view.choose("history-leave", 1);
		await view.fill("history-room", "somebody");
		await rows(1);
		await view.fill("history-to", "2020-01-01T00:00");
		await rows(0);
		await view.fill("history-to", "");
		await rows(1);
		for (const [format, begin] of [["csv", "\ufeffid,namespace,room"], ["ndjson", "{\"id\":"]]) {
			const [file] = await Promise.all([page.waitForEvent("download"), view.by(`save-${format}`).click()]);
			assert.equal(file.suggestedFilename(), `shop-${lang}-history.${format}`);
			assert.ok(readFileSync(await file.path(), "utf8").startsWith(begin));
		}
		view.noProblems();
	});

	test("callbacks that were given up are listed and sent again", async () => {
		await until("given up", async () =>
			(await stack.admin.get(as("/namespace/dead-callbacks"))).total > 0);
		await view.go("edit", key);
		const replay = view.by("dead-callbacks").locator("tbody button");
		await replay.first().waitFor();
		await view.shot("dead-callbacks", true);
		// It goes out again at once, and comes back here when that fails, too.
		await view.noted(() => replay.first().click());
		view.noProblems();
	});

	test("overview, in light and dark and on a phone", async () => {
		await view.go("overview");
		await page.waitForFunction(() => document.querySelectorAll("tbody tr:not(.nothing)").length === 3);
		await view.answers(3); // for the lines
		await view.text("[data-test=archive] dd", "SQLite");
		await view.text("[data-test=archive] .state", lang === "zh" ? "正常" : "good");
		await view.accessible("overview");
		await view.shot("overview", true);
		await view.by("theme").click();
		await view.accessible("overview, dark");
		await view.shot("overview-dark");
		await view.go("settings");
		await view.accessible("settings, dark");
		await view.go("edit", key);
		await view.accessible("configuration, dark");
		await view.by("theme").click();
		const phone = await openPage(browser, base, { locale, phone: true });
		await phone.login(...admin());
		for (const [where, namespace] of [["overview"], ["namespaces"], ["settings"], ["dashboard", key],
			["clients", key], ["push", key], ["history", key], ["simulator", key], ["edit", key]]) {
			const { answered } = phone;
			await phone.go(where, namespace);
			await phone.settled(answered);
			await phone.accessible(`${where} on a phone`);
			await phone.shot(`phone-${where}`);
		}
		await phone.page.locator(".menu").click();
		await phone.page.locator("nav a", { hasText: lang === "zh" ? "推送" : "Push" }).first().click();
		await phone.page.waitForSelector("#push-name");
		phone.noProblems();
		await phone.close();
		view.noProblems();
	});

	test("settings: with their origin and use, searched", async () => {
		await view.go("settings");
		await view.text("tr[data-key=lease_time]", lang === "zh" ? /视为已停止/ : /counts as dead/);
		const heads = await page.locator("main h2").allInnerTexts();
		assert.ok(heads.includes(lang === "zh" ? "离线投递" : "Offline delivery"), heads.join());
		await view.text("tr[data-key=admin_passwd]", lang === "zh" ? /已设置/ : /\bset\b/);
		assert.ok(!(await page.locator("main").innerText()).includes(`\t${admin()[1]}\t`));
		await view.accessible("settings");
		await view.shot("settings");
		await page.locator(".el-checkbox").click();
		await page.waitForSelector("tr[data-key=redis_timeout]");
		await page.waitForSelector("tr[data-key=lease_time]", { state: "detached" });
		await page.locator("main input.el-input__inner").fill("retry");
		await view.text("tr[data-key=callback_retry]", /1s/);
		view.noProblems();
	});

	test("another language and another namespace from the bar, and it is remembered", async () => {
		await view.by("language").click();
		await view.text("main h1", lang === "zh" ? "Settings" : "系统设置");
		await page.reload();
		await view.text("main h1", lang === "zh" ? "Settings" : "系统设置");
		await view.by("language").click();
		// What was looked for first is found last, and counts no more.
		let release;
		const released = new Promise((resolve) => (release = resolve));
		const list = /\/api\/admin\/namespace\/list/;
		await page.route(list, (route) => released.then(() => route.fallback()), { times: 1 });
		await view.by("switch").locator(".el-select__wrapper").click();
		await view.by("switch").locator("input").fill("/demo");
		const found = page.locator(".el-select-dropdown:visible .el-select-dropdown__item");
		await until("it alone is found", async () => `${await found.allInnerTexts()}` === "/demo");
		const late = page.waitForResponse(list);
		release();
		await (await late).finished();
		assert.deepEqual(await found.allInnerTexts(), ["/demo"]);
		await found.click();
		await page.waitForURL(/#\/ns\/(%2F|\/)demo\/dashboard/);
		view.noProblems();
	});

	test("what can not be undone asks for the name", async () => {
		await view.go("edit", key);
		assert.ok(await view.by("flush").isDisabled());
		await page.locator("main .el-switch").first().click();
		await page.locator(".el-message-box .el-button--primary").click();
		await page.waitForFunction(() => !document.querySelector("[data-test=flush]").disabled);
		for (const action of ["realtime", "zombies", "clear", "flush"]) {
			await view.by(action).click();
			const sure = page.locator(".el-dialog:visible .el-button--danger");
			assert.ok(await sure.isDisabled());
			await page.fill("#typed-confirm", "/shop");
			assert.ok(await sure.isDisabled());
			await page.fill("#typed-confirm", key);
			if (action === "flush") {
				await view.accessible("flush");
				await view.shot("flush");
			}
			await view.noted(() => sure.click());
			await page.locator(".el-dialog:visible").waitFor({ state: "hidden" });
		}
		await view.inside("/namespaces");
		await page.waitForSelector(`tr[data-key="${key}"]`, { state: "detached" });
		view.noProblems();
	});

	test("logged out by the user, and by the server when the password is not right any more", async () => {
		await page.locator(".bar > button").last().click();
		await page.waitForSelector("#password");
		assert.equal(await page.evaluate(() => sessionStorage.getItem("light-push.session")), null);
		const owner = `/owner-${lang}`;
		await stack.namespace(owner, "first");
		await view.login(owner, "first");
		await view.go("dashboard", owner);
		view.expected = [/^401 /];
		await stack.admin.post("/api/admin/namespace/save", { key: owner, auth_passwd: "second" });
		await page.waitForSelector(".note.warning");
		await page.waitForSelector("#password");
		view.noProblems();
	});

	async function acked(id, count) {
		await until(`${count} acks`, async () =>
			Number((await stack.admin.get(as(`/report/push/${id}`))).ackCount) === count);
	}

	async function room(name) {
		return (await stack.admin.get(as(`/report/online?room=${name}`)))[0];
	}
}

test("who guesses is told to wait, in both languages", async () => {
	// It has counted those above; the last of them might be forgotten while this runs.
	await stack.restart("admin-api");
	await stack.admin.post("/api/admin/login", {});
	for (let i = 0; i < FAILURES; i++)
		await stack.rest(admin()[0], `guess ${i}`).refused("POST", "/api/admin/login", {}, 401, "auth error");
	for (const [locale, wanted] of [["en-US", /^Too many failed logins from here\. Please try again in \d+ s\.$/],
		["zh-CN", /^此地址登录失败次数过多，请在 \d+ 秒后重试。$/]]) {
		const view = await openPage(browser, base, { locale });
		view.expected = [/^429 .*\/api\/admin\/login/];
		await view.page.goto(`${base}/push-admin/`);
		await view.page.fill("#user", admin()[0]);
		await view.page.fill("#password", "another guess");
		await view.page.click("button[type=submit]");
		await view.text(".note.error", wanted);
		view.noProblems();
		await view.close();
	}
	// the password that was right from here goes on
	const view = await openPage(browser, base);
	await view.login(...admin());
	await view.close();
});

// As the business system makes it.
function tokenOf(claims, secret) {
	const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
	const text = `${part({ alg: "HS256", kid: "2026" })}.${part(claims)}`;
	return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

// What push providers are reached with, in files: a certificate, its key, a key that is not its own,
// and a service account.
function makeKeys() {
	const folder = mkdtempSync(path.join(tmpdir(), "console-keys-"));
	const file = (name) => path.join(folder, name);
	const openssl = (...args) => execFileSync("openssl", args, { stdio: "ignore" });
	openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=test",
		"-days", "90", "-keyout", file("key"), "-out", file("crt"));
	openssl("pkey", "-in", file("key"), "-pubout", "-out", file("pub"));
	openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file("other"));
	openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", file("rsa"));
	writeFileSync(file("json"), JSON.stringify({
		type: "service_account", project_id: "shop", private_key_id: "1", client_email: "push@shop.example",
		private_key: readFileSync(file("rsa"), "utf8"), token_uri: "https://oauth2.googleapis.com/token",
	}));
	return { folder, certificate: file("crt"), key: file("key"), publicKey: file("pub"), otherKey: file("other"), account: file("json") };
}
