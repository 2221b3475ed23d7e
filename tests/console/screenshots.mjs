// The pictures of docs/CONSOLE.md, from a stack with some life in it, in docs/console:
//
//     cd tests/console && npm ci && LP_BUILD=<build folder> node screenshots.mjs
//
// It takes five minutes: lines want time to be drawn. Then: pngquant --ext .png --force docs/console/*.png

import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import path from "node:path";

import { ArchiveTables } from "../e2e/lib/archive.mjs";
import { startStack } from "../e2e/lib/stack.mjs";
import { until } from "../e2e/lib/wait.mjs";
import { launch, openPage } from "./lib/browser.mjs";

const LIFE = 180_000; // ms that the lines show
const DAY = 86_400_000;
const folder = fileURLToPath(new URL("../../docs/console/", import.meta.url));
const SHOP = "/shop";
const TENANTS = [[SHOP, "Web shop", 240], ["/support", "Support chat", 90], ["/fleet", "Delivery vans", 60],
	["/news", "Newsroom", 30], ["/staging", "Staging of the shop", 0]];
const ALICE = `${SHOP}#alice#android-pixel-8`;

const stack = await startStack({ connectors: 2, workers: 2, console: true, archive: true,
	set: { redis_timeout: "5s", callback_retry: "1s", max_body: "2MB", archive_clients: "true" } });
const { LP_ADMIN_USER: user, LP_ADMIN_PASSWORD: password, LP_WEB_URL: base } = stack.env;
const as = (key, rest) => `/api/admin/as/${encodeURIComponent(key)}${rest}`;
const push = (key, room, pushData, more) => stack.admin.post(as(key, "/push"), { room, pushData, ...more });
const pick = (list) => list[Math.floor(Math.random() * list.length)];
const number = (n) => Math.floor(Math.random() * n);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const browser = await launch();
const sims = [];
let timer;
try {
	await makeTenants();
	await livePages();
} finally {
	clearInterval(timer);
	sims.forEach((sim) => sim.kill());
	await browser.close();
	await stack.stop();
}

async function open(options) {
	const view = await openPage(browser, base, options);
	await view.login(user, password);
	return view;
}

// whole: with what is below the window.
async function shot(view, name, whole = true) {
	await view.noteGone();
	await view.page.mouse.move(0, 0);
	await view.page.evaluate(() => {
		document.activeElement?.blur();
		window.scrollTo(0, 0);
	});
	await sleep(300); // what opens or closes has come to rest
	await view.page.screenshot({ fullPage: whole, path: path.join(folder, `${name}.png`) });
}

// The first one is made in the page.
async function makeTenants() {
	const view = await open();
	await view.go("namespaces");
	await view.by("create").click();
	await view.page.fill("#new-key", "shop");
	await view.page.fill("#new-name", TENANTS[0][1]);
	await view.by("generate").click();
	await view.page.locator(".el-dialog__footer .el-button--primary").click();
	await view.text("[data-test=password-once]", /\w/);
	await shot(view, "namespace-created", false);
	await view.close();
	for (const [key, name] of TENANTS)
		await stack.admin.post("/api/admin/namespace/save", { key, name });
	await stack.admin.post("/api/admin/namespace/save", { key: "/staging", offline: "on" });
	await stack.admin.post("/api/admin/namespace/save", { key: SHOP, callback_auth: "Bearer of-the-shop",
		connect_callback: "", limit_clients: 5000, limit_pushes_per_second: 200, callback_secret: "0123456789abcdefghij" });
	await stack.admin.post(as(SHOP, "/token"), { name: "order service", scope: "push" });
	await stack.admin.post(as(SHOP, "/token"), { name: "reports", scope: "read" });
	await stack.admin.post("/api/admin/namespace/save",
		{ key: SHOP, jwt_keys: [{ kid: "2026", alg: "HS256", key: "a secret of the shop, long enough for it" }] });
	await fillArchive();
	for (const [key, , clients] of TENANTS)
		for (const [device, share] of [["laptop", 1], ["phone", 0.4]])
			if (clients > 0)
				connect(key, Math.round(clients * share), device);
}

// Some users have a second device.
function connect(key, clients, device) {
	const urls = stack.env.LP_CONNECTOR_URLS.replaceAll("http:", "ws:").replaceAll(" ", ",");
	const rooms = key === SHOP ? "news-:1:1,city-:9:1,order-:140:1" : "team-:5:1,case-:60:2";
	sims.push(spawn(path.join(process.env.LP_BUILD, "light-push-sim"), ["--url", urls, "--clients", `${clients}`,
		"--namespace", key, "--platform", device === "phone" ? "ios:1,android:2" : "web:5,ios:2,android:2",
		"--userid", "user-{n}", "--uuid", `${device}-{n}`,
		"--join", rooms, "--ack", "on:12,late:2,off:1", "--reconnect_every", "30s-6m", "--away", "3s-15s",
		"--connect_rate", "60", "--duration", "1h", "--quiet"], { stdio: "ignore" }));
}

// Two weeks, with more in the evening than at night.
async function fillArchive() {
	const { list } = await stack.admin.get("/api/admin/settings");
	const tables = new ArchiveTables(list.find(({ name }) => name === "archive").value);
	await until("the archive is made", () => tables.made(), 30_000);
	const nsp = await tables.namespace(SHOP);
	const rows = [];
	const now = Math.floor(Date.now() / 900_000);
	for (let quarter = now - 14 * 96; quarter < now; quarter++) {
		const hour = (quarter % 96) / 4;
		const pushed = 20 + number(25) + Math.round(110 * Math.max(0, Math.sin((hour - 7) / 16 * Math.PI)));
		const online = pushed * (60 + number(40));
		const [web, ios, android] = [0.44, 0.23, 0.28].map((part) => Math.round(part * online * (0.97 + Math.random() * 0.05)));
		rows.push(`(${[nsp, quarter, pushed, online, web, ios, android, number(pushed)].join(",")})`);
	}
	await tables.run(`INSERT INTO stats VALUES ${rows.join(",")};`);
	await stack.redis("SET", `lp:{${SHOP}}:seq`, `${14 * 96 * 90}`);
}

function somePush() {
	const order = number(140);
	const [room, data, more] = pick([
		[`order-${order}`, { type: "order", orderId: `A-${1000 + order}`, state: pick(["packed", "shipped", "delivered"]) }],
		[`order-${order}`, { type: "chat", from: "support", text: pick(["We look into it.", "Your parcel is on its way."]) }],
		[`city-${number(9)}`, { type: "notice", title: "Opening hours", text: "Open until 8 pm today" }],
		["news-0", { type: "notice", title: "Spring sale", text: "Everything for the garden, 20 % off", until: "2027-04-30" },
			{ leaveMessage: true }],
	]);
	void push(SHOP, room, data, more).catch(() => {});
	void push(pick(["/support", "/fleet", "/news"]), `case-${number(60)}`, { text: "…" }).catch(() => {});
}

async function livePages() {
	const simulator = await open();
	await simulator.go("simulator", SHOP);
	const { page } = simulator;
	await page.fill("#sim-rooms", "news-0 vip");
	await page.fill("#sim-prefix", "tester");
	await page.locator("#sim-count").fill("4");
	await simulator.choose("platform", 3);
	await simulator.by("add-clients").click();
	await simulator.tile("online", "4");
	await page.locator(".fields .el-radio-button").nth(1).click();
	await page.fill("#sim-uuid", "pixel-8");
	await page.fill("#sim-userid", "alice");
	await simulator.choose("platform", 2);
	await simulator.by("add-clients").click();
	await simulator.tile("online", "5");
	const alice = page.locator("tr[data-uuid=pixel-8] input[type=checkbox]");
	await alice.check();
	await page.locator("#tab-info").click();
	await simulator.by("sim-info").click();
	await page.locator("#tab-push").click();
	await alice.uncheck();
	timer = setInterval(somePush, 900);

	const overview = await open();
	const dark = await open({ dark: true });
	const dashboards = [["dashboard", await open()], ["dashboard-zh", await open({ locale: "zh-CN" })],
		["phone-dashboard", await open({ phone: true })]];
	for (const [, view] of dashboards) {
		await view.go("dashboard", SHOP);
		for (const room of ["news-0", "city-1", "city-4", "vip"]) {
			await view.fill("watch-room", room);
			await view.page.locator("form button[type=submit]").click();
			await view.page.waitForSelector(`tr[data-key=${room}]`);
		}
	}
	await sleep(LIFE);
	await shot(overview, "overview");
	await shot(dark, "overview-dark", false);
	for (const [name, view] of dashboards)
		await shot(view, name, name !== "phone-dashboard");
	for (const view of [overview, dark, ...dashboards.map(([, one]) => one)])
		await view.close();
	await otherPages(simulator);
}

async function otherPages(simulator) {
	const view = await open();
	await view.go("namespaces");
	await view.page.waitForSelector("tr[data-key='/shop']");
	await shot(view, "namespaces", false);
	await view.go("settings");
	await view.page.waitForSelector("tr[data-key=admin_passwd]");
	await shot(view, "settings", false);
	await view.go("clients", SHOP);
	await view.page.waitForSelector("tbody tr:nth-child(10)");
	await shot(view, "clients", false);
	clearInterval(timer);
	await view.go("push", SHOP);
	await view.page.fill("#push-name", "news-0");
	await view.page.locator(".templates button").nth(2).click();
	await view.page.locator(".checks .el-checkbox").first().click();
	await view.page.locator("form button[type=submit]").click();
	await view.text("[data-test=acked]", /\d\d/);
	await sleep(5000);
	await shot(view, "push");
	await view.page.locator("a[href*='/message/']").click();
	await view.page.waitForSelector("[data-test=push-data]");
	await view.fill("timeline-client", ALICE);
	await view.text("main ol strong", "Acknowledged");
	await shot(view, "message");
	await view.go(`client/${encodeURIComponent(ALICE)}`, SHOP);
	await view.text(".state", "yes");
	await shot(view, "client", false);
	await sleep(10_000); // the archive collects what changes
	await view.go("history", SHOP);
	await view.page.waitForSelector("tbody tr:nth-child(10)");
	await sleep(1500);
	await shot(view, "history", false);
	await addProviders(view);
	await missSomething(simulator);
}

async function addProviders(view) {
	await view.go("edit", SHOP);
	await view.by("add-provider").click();
	await view.page.locator(".el-dialog:visible .el-radio-button").nth(2).click();
	await view.page.fill("#provider-name", "browsers");
	await view.page.fill("#vapid_subject", "mailto:push@shop.example");
	await view.by("vapid-make").click();
	await view.page.waitForFunction(() => document.querySelector("#vapid_public_key").value.length === 87);
	await view.page.locator(".el-dialog:visible .el-button--primary").click();
	await view.page.waitForSelector("tr[data-key=browsers]");
	await shot(view, "configuration");
}

// A client that was away for some seconds.
async function missSomething(view) {
	const { page } = view;
	await page.fill("#sim-room", "vip");
	await page.locator("tr[data-uuid=tester-1] .link").click();
	const check = page.locator("tr[data-uuid=tester-1] input[type=checkbox]");
	await check.check();
	await page.locator(".group input").first().fill("3");
	await page.locator(".group input").first().press("Tab");
	await view.by("sim-drop").click();
	await view.tile("online", "4");
	await push(SHOP, "vip", { title: "A table is free", text: "Tonight at eight" });
	await view.tile("online", "5");
	await page.waitForSelector("li[data-state=missed]");
	await push(SHOP, "vip", { title: "The table is gone" });
	await sleep(1500);
	await shot(view, "simulator");
}
