// A browser whose pages write down what goes wrong in them. The machine may be slow: what is waited
// for has SLOW to come.
//
// Environment:
//   LP_CHROMIUM  the browser (default /usr/bin/chromium)
//   LP_E2E_DIR   screenshots go to shots/ there; unset: none are kept

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { readFile } from "node:fs/promises";
import path from "node:path";

import { chromium } from "playwright-core";

import { until } from "../../e2e/lib/wait.mjs";

const SLOW = 60_000; // ms
const axeFile = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export function launch() {
	return chromium.launch({
		executablePath: process.env.LP_CHROMIUM ?? "/usr/bin/chromium",
		// As root, and in containers with a small /dev/shm.
		args: ["--no-sandbox", "--disable-dev-shm-usage"],
		timeout: 4 * SLOW,
	});
}

// A page of its own session. Nothing moves: what fades in can not be looked at half way, and what
// fades away does not lie over what is clicked next.
export async function openPage(browser, base, { locale = "en-US", dark = false, phone = false } = {}) {
	const context = await browser.newContext({
		locale,
		colorScheme: dark ? "dark" : "light",
		reducedMotion: "reduce",
		viewport: phone ? { width: 390, height: 844 } : { width: 1280, height: 860 },
		permissions: ["clipboard-read", "clipboard-write"],
	});
	const page = await context.newPage();
	page.setDefaultTimeout(SLOW);
	return new Console(page, base, locale);
}

export class Console {
	constructor(page, base, locale) {
		this.page = page;
		this.base = base;
		this.locale = locale;
		this.problems = [];
		this.expected = []; // what the problems of this test may match, for example /^401 .*\/login/
		this.waiting = new Set(); // requests to the API
		this.answered = 0;
		page.on("request", (request) => request.url().includes("/api/") && this.waiting.add(request));
		for (const end of ["requestfinished", "requestfailed"])
			page.on(end, (request) => this.waiting.delete(request) && this.answered++);
		page.on("pageerror", (error) => this.problems.push(`error: ${error.message}`));
		page.on("console", (message) => this.onConsole(message));
		page.on("requestfailed", (request) => this.onFailed(request));
		page.on("response", (response) => this.onResponse(response));
	}

	// Requests that are under way when a page is left are cut off.
	onFailed(request) {
		const why = request.failure()?.errorText;
		if (why !== "net::ERR_ABORTED")
			this.problems.push(`failed: ${request.url()} ${why}`);
	}

	onResponse(response) {
		if (response.status() >= 400)
			this.problems.push(`${response.status()} ${response.url()}`);
	}

	onConsole(message) {
		if (!["error", "warning"].includes(message.type()))
			return;
		const { url } = message.location();
		const status = /status of (\d+)/.exec(message.text())?.[1];
		this.problems.push(status ? `${status} ${url}` : `console: ${message.text()} ${url}`);
	}

	// None but those that were expected since the last call. They are looked at only now: the browser
	// tells of an answer now and then after the page has shown it.
	noProblems() {
		this.problems = this.problems.filter((one) => !this.expected.some((part) => part.test(one)));
		this.expected = [];
		assert.deepEqual(this.problems, []);
	}

	async login(user, password) {
		await this.page.goto(`${this.base}/push-admin/`);
		await this.page.fill("#user", user);
		await this.page.fill("#password", password);
		await this.page.click("button[type=submit]");
		await this.inside();
	}

	// Waits until a page shows that only those see who are logged in: this one of them, or any.
	inside(path) {
		return this.page.waitForSelector(`main[data-page${path ? `="${path}"` : ""}] h1`);
	}

	// A page of the console: overview, or "dashboard" with a namespace. The one before it shows until
	// the browser has loaded what it needs.
	async go(page, namespace) {
		const hash = namespace ? `/ns/${encodeURIComponent(namespace)}/${page}` : `/${page}`;
		await this.page.goto(`${this.base}/push-admin/#${hash}`);
		await this.inside(hash.replace(/\?.*/, ""));
	}

	// To a page that asks nothing. What was under way is cut off, and not always reported.
	async leave() {
		await this.page.goto("about:blank");
		this.waiting.clear();
	}

	// Waits until the API has answered something since then, and nothing is under way.
	async settled(since) {
		await until("answers", () => this.answered > since && this.waiting.size === 0, SLOW);
	}

	// Waits for so many more answers of the API: the lines of charts grow with each.
	async answers(count) {
		const end = this.answered + count;
		await until(`${count} answers`, () => this.answered >= end, SLOW);
	}

	// data-test="name", or the field in it.
	by(name) {
		return this.page.locator(`[data-test="${name}"]`);
	}

	async fill(name, text) {
		const one = this.by(name);
		const field = await one.evaluate((e) => /^(INPUT|TEXTAREA)$/.test(e.tagName)) ? one : one.locator("input");
		await field.fill(text);
	}

	// The option of that number in a select: data-test="name".
	async choose(name, index) {
		await this.by(name).locator(".el-select__wrapper").click();
		const list = this.page.locator(".el-select-dropdown:visible");
		await list.locator(".el-select-dropdown__item").nth(index).click();
		await list.waitFor({ state: "hidden" });
	}

	// Does it, and waits for the note that says so and goes by itself after some seconds. Closes it:
	// it must not be taken for the next.
	async noted(action, kind = "success") {
		await this.noteGone();
		const [text] = await Promise.all([
			this.page.waitForFunction((name) => document.querySelector(name)?.textContent, `.el-message--${kind}`),
			action(),
		]);
		await this.noteGone();
		return text.jsonValue();
	}

	// Waits until the text of what the selector finds is, or matches, this.
	async text(selector, wanted) {
		const fits = (text) => (wanted instanceof RegExp ? wanted.test(text) : text.trim() === wanted);
		const end = Date.now() + SLOW;
		let last;
		for (;;) {
			last = await this.page.locator(selector).allInnerTexts();
			if (last.length > 0 && last.some(fits))
				return;
			if (Date.now() > end)
				assert.fail(`${selector}: ${JSON.stringify(last)}, not ${wanted}`);
			await this.page.waitForTimeout(50);
		}
	}

	tile(name, wanted) {
		return this.text(`[data-test="${name}"] .value`, wanted);
	}

	// Notes about what was done lie over the page for some seconds; closes them.
	async noteGone() {
		await this.page.waitForFunction(() => {
			document.querySelectorAll(".el-message__closeBtn").forEach((button) => button.click());
			return !document.querySelector(".el-message");
		});
	}

	// whole: with what is below the window.
	async shot(name, whole = false) {
		await this.noteGone();
		const folder = process.env.LP_E2E_DIR && path.join(process.env.LP_E2E_DIR, "shots");
		if (!folder)
			return;
		mkdirSync(folder, { recursive: true });
		await this.page.evaluate(() => window.scrollTo(0, 0));
		await this.page.screenshot({ fullPage: whole, path: path.join(folder, `${name}-${this.locale.slice(0, 2)}.png`) });
	}

	// No serious fault by axe-core; nothing wider than the window. A page that changes while it is
	// looked at is looked at again.
	async accessible(what) {
		await this.noteGone();
		let found = await this.faults();
		for (let again = 2; again > 0 && found.length > 0; again--)
			found = await this.faults();
		assert.deepEqual(found, [], what);
		const [width, window_] = await this.page.evaluate(() =>
			[document.documentElement.scrollWidth, window.innerWidth]);
		assert.ok(width <= window_, `${what} is ${width} px wide, the window ${window_}`);
	}

	async faults() {
		if (!await this.page.evaluate(() => "axe" in window))
			await this.page.evaluate(await readFile(axeFile, "utf8"));
		const { violations } = await this.page.evaluate(() => window.axe.run(document));
		return violations.filter((one) => ["serious", "critical"].includes(one.impact))
			.map((one) => `${one.id}: ${one.nodes.map((node) => node.html.slice(0, 200)).join(" | ")}`);
	}

	close() {
		return this.page.context().close();
	}
}
