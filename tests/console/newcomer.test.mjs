// Who sees the console for the first time: from the login to a push that is acknowledged, with what
// the pages themselves offer.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { startStack } from "../e2e/lib/stack.mjs";
import { until } from "../e2e/lib/wait.mjs";
import { launch, openPage } from "./lib/browser.mjs";

const FIVE_MINUTES = 300_000;

let stack;
let browser;

before(async () => {
	stack = await startStack({ console: true });
	browser = await launch();
});

after(async () => {
	await browser?.close();
	await stack?.stop();
});

const words = {
	"en-US": {
		enter: "Log in", namespaces: "Namespaces", create: "New namespace", simulate: "Bring simulated clients online",
		connect: "Connect", push: "Push", dashboard: "Dashboard", simulator: "Simulator", offline: "Go offline",
		online: "Online now: Clients", pushed: "Messages: Pushed 1, Delivered 2, Acknowledged 2",
	},
	"zh-CN": {
		enter: "登录", namespaces: "命名空间", create: "新建命名空间", simulate: "让模拟客户端上线",
		connect: "连接", push: "推送", dashboard: "看板", simulator: "模拟器", offline: "下线",
		online: "当前在线: 客户端", pushed: "消息: 推送 1, 送达 2, 已确认 2",
	},
};

for (const [locale, say] of Object.entries(words)) {
	test(`${locale}: a namespace, two clients, a push, its acknowledgements, and the chart`, async () => {
		const begin = Date.now();
		const view = await openPage(browser, stack.env.LP_WEB_URL, { locale });
		const { page } = view;
		const button = (name) => page.getByRole("button", { name, exact: true });
		const link = (name) => page.getByRole("navigation").getByRole("link", { name });
		const key = `/first-${locale.slice(0, 2)}`;
		await page.goto(`${stack.env.LP_WEB_URL}/push-admin/`);
		await page.fill("#user", stack.env.LP_ADMIN_USER);
		await page.fill("#password", stack.env.LP_ADMIN_PASSWORD);
		await button(say.enter).click();

		await link(say.namespaces).click();
		await button(say.create).click();
		await page.fill("#new-key", key);
		await page.getByRole("dialog").getByRole("button", { name: say.create }).click();
		await page.getByRole("link", { name: say.simulate }).click();
		await button(say.connect).click();
		await view.tile("online", "2");
		// They join when they are online; nobody pushes within the milliseconds that this takes.
		const online = `/api/admin/as/${encodeURIComponent(key)}/report/online?room=news`;
		await until("they are in the room", async () => (await stack.admin.get(online))[0].clientCount === 2, 30_000);

		await link(say.push).click();
		await page.fill("#push-name", "news");
		await page.locator("main").getByRole("button", { name: say.push, exact: true }).click();
		await view.text("[data-test=delivered]", "2");
		await view.text("[data-test=acked]", "2");
		await view.shot("newcomer-push");

		await link(say.dashboard).click();
		const chart = (label) => page.waitForSelector(`[role=img][aria-label*="${label}"]`);
		await view.tile("clients", "2");
		await chart(`${say.online} 2`);
		await chart(say.pushed);
		await link(say.simulator).click();
		await button(say.offline).click();
		await view.tile("online", "0");
		await link(say.dashboard).click();
		await chart(`${say.online} 0`);
		assert.ok(Date.now() - begin < FIVE_MINUTES);
		view.noProblems();
		await view.close();
	});
}
