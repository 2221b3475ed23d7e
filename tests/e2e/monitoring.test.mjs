// What deploy/ has for Prometheus and Grafana: promtool takes it, the alerts fire when they should,
// and every metric that it names is one that the programs have.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

import { parse, stringify } from "yaml";

import { names } from "./lib/metrics.mjs";
import { startStack } from "./lib/stack.mjs";

const deploy = fileURLToPath(new URL("../../deploy", import.meta.url));
const prometheus = path.join(deploy, "prometheus");
const alerts = readFileSync(path.join(prometheus, "alerts.yml"), "utf8");
const board = JSON.parse(readFileSync(path.join(deploy, "grafana", "light-push.json"), "utf8"));
const panels = board.panels.filter(({ targets }) => targets);
const expressions = panels.flatMap(({ title, targets }) =>
	targets.map(({ expr }) => ({ title, expr: expr.replaceAll("$__rate_interval", "5m") })));

let stack;
let scratch;
let known;

const promtool = (...args) => {
	const { status, stdout, stderr, error } = spawnSync("promtool", args,
		{ cwd: prometheus, encoding: "utf8" });
	assert.equal(status, 0, `promtool ${args.join(" ")}: ${error ?? ""}${stdout}${stderr}`);
};

before(async () => {
	scratch = mkdtempSync(path.join(tmpdir(), "light-push-rules-"));
	stack = await startStack({ connectors: 1 });
	const texts = [(await stack.admin.send("GET", "/api/admin/metrics")).text];
	for (const part of ["connector-1", "worker-1"])
		texts.push(await (await fetch(`${stack.probe(part)}/metrics`)).text());
	known = new Set(texts.flatMap((text) => [...names(text)]));
});

after(async () => {
	rmSync(scratch, { recursive: true, force: true });
	await stack?.stop();
});

test("promtool takes the alert rules and the configuration", () => {
	promtool("check", "rules", "alerts.yml");
	promtool("check", "config", "--syntax-only", "prometheus.yml");
});

test("the alerts fire when they should, and not when all is well", () => {
	promtool("test", "rules", "alerts-test.yml");
});

test("each alert is tested, firing and silent", () => {
	const all = parse(alerts).groups.flatMap(({ rules }) => rules.map(({ alert }) => alert));
	const tests = parse(readFileSync(path.join(prometheus, "alerts-test.yml"), "utf8")).tests;
	assert.ok(all.length > 10);
	for (const alert of all) {
		const cases = tests.flatMap((one) => one.alert_rule_test)
			.filter(({ alertname }) => alertname === alert);
		assert.ok(cases.some(({ exp_alerts: expected }) => expected.length === 0), `${alert}: silent`);
		assert.ok(cases.some(({ exp_alerts: expected }) => expected.length > 0), `${alert}: firing`);
	}
});

test("promtool takes every query of the board", () => {
	const file = path.join(scratch, "board.yml");
	const rules = expressions.map(({ expr }, i) => ({ record: `board:query_${i}`, expr }));
	assert.ok(rules.length > 20);
	writeFileSync(file, stringify({ groups: [{ name: "board", rules }] }));
	promtool("check", "rules", file);
});

const used = (text) => new Set(text.match(/\blight_push_\w+/g));

test("every metric of the alerts is one that the programs have", () => {
	assert.deepEqual([...used(alerts)].filter((name) => !known.has(name)), []);
});

test("every metric of the board is one that the programs have", () => {
	for (const { title, expr } of expressions)
		assert.deepEqual([...used(expr)].filter((name) => !known.has(name)), [], title);
});

test("the panels of the board do not overlap", () => {
	const taken = new Map();
	for (const { title, gridPos: { x, y, w, h } } of board.panels) {
		assert.ok(x + w <= 24, title);
		for (let i = 0; i < w * h; i++) {
			const cell = `${x + (i % w)},${y + Math.floor(i / w)}`;
			assert.equal(taken.get(cell), undefined, `${title} over ${taken.get(cell)}`);
			taken.set(cell, title);
		}
	}
	assert.equal(new Set(board.panels.map(({ id }) => id)).size, board.panels.length);
});
