// A whole light-push of its own for each test file, through deploy/quickstart.sh.
//
// Environment:
//   LP_TARGET   lighttpd (default), nginx, apache: clients connect through that web server;
//               direct: to the connectors themselves
//   LP_BUILD    build tree whose programs are tested; unset: quickstart.sh builds
//   LP_E2E_DIR  where the data and log folders go, and stay; unset: temporary, removed

import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { Rest } from "./rest.mjs";
import { until } from "./wait.mjs";

const run = promisify(execFile);
const quickstart = fileURLToPath(new URL("../../../deploy/quickstart.sh", import.meta.url));

export const target = process.env.LP_TARGET ?? "lighttpd";
export const direct = target === "direct";

// First of count free ports in a row, below the range that the kernel gives out by itself. Test
// files run side by side, so each process begins its search elsewhere.
async function freePorts(count) {
	for (let base = 10_240 + (process.pid % 1000) * 10; base < 22_000; base += 10) {
		const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(base + i)));
		if (free.every(Boolean))
			return base;
	}
	throw new Error("no free ports");
}

function isFree(port) {
	return new Promise((resolve) => {
		const server = net.createServer();
		server.once("error", () => resolve(false));
		server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
	});
}

// Stacks that run now; an interrupted test must not leave one behind.
const running = new Set();
process.on("exit", () => {
	for (const dir of running)
		spawnSync("sh", [quickstart, "stop", "--dir", dir]);
});
for (const signal of ["SIGINT", "SIGTERM"])
	process.on(signal, () => process.exit(1));

function parseEnv(text) {
	const env = {};
	for (const line of text.split("\n")) {
		const match = /^(\w+)='?(.*?)'?$/.exec(line);
		if (match)
			env[match[1]] = match[2];
	}
	return env;
}

// Starts one. set: settings to override; console: with the pages of admin-ui. Redis may take its
// time by default: each write waits for the disk, which other stages of the tests keep busy. All
// callers have one address, so failed logins are not limited. archive: with one, in SQLite.
export async function startStack({ connectors = 2, workers = 1, set = { redis_timeout: "5s" }, console = false, archive = false } = {}) {
	const parent = process.env.LP_E2E_DIR ?? tmpdir();
	mkdirSync(parent, { recursive: true });
	const name = path.basename(process.argv[1], ".test.mjs");
	const dir = mkdtempSync(path.join(parent, `stack-${name}-`));
	const port = await freePorts(connectors + 1);
	const args = ["start", "--detach", "--no-install", "--dir", dir, "--port", `${port}`];
	args.push("--connectors", `${connectors}`, "--workers", `${workers}`, "--server", direct ? "lighttpd" : target);
	if (!console)
		args.push("--no-ui");
	if (process.env.LP_BUILD)
		args.push("--build", process.env.LP_BUILD);
	for (const [name, value] of Object.entries({ login_failures: "0", ...archive ? {} : { archive: "off" }, ...set }))
		args.push("--set", `${name}=${value}`);
	try {
		await run("sh", [quickstart, ...args]);
	} catch (error) {
		throw new Error(`quickstart.sh ${args.join(" ")}\n${error.stderr}`);
	}
	running.add(dir);
	return new Stack(dir, connectors);
}

class Stack {
	constructor(dir, connectors) {
		this.dir = dir;
		this.connectors = connectors;
		this.rests = [];
		this.killed = new Set();
		this.admin = this.rest(this.env.LP_ADMIN_USER, this.env.LP_ADMIN_PASSWORD);
	}

	// Read anew each time: process ids change with a restart.
	get env() {
		return parseEnv(readFileSync(path.join(this.dir, "stack.env"), "utf8"));
	}

	rest(user, password) {
		const rest = new Rest(this.env.LP_WEB_URL, user, password);
		this.rests.push(rest);
		return rest;
	}

	// Makes a namespace and returns the Rest of its owner.
	async namespace(key, password = `password of ${key}`) {
		await this.admin.post("/api/admin/namespace/save", { key, name: key, auth_passwd: password });
		return this.rest(key, password);
	}

	// Where client number n connects: { url, path }.
	socket(n = 0) {
		return direct ? this.connector(1 + (n % this.connectors))
			: { url: this.env.LP_WEB_URL, path: this.env.LP_SOCKET_PATH };
	}

	// The connector itself, 1 and up.
	connector(n) {
		return { url: this.env.LP_CONNECTOR_URLS.split(" ")[n - 1], path: "/socket.io/" };
	}

	// Base of the internal port of connector-1, ..., worker-1, ...
	probe(part) {
		const [, kind, n] = /^(connector|worker)-(\d+)$/.exec(part);
		const at = Number(n) - 1 + (kind === "worker" ? this.connectors : 0);
		return this.env.LP_METRICS_URLS.split(" ")[at];
	}

	pid(part) {
		return Number(this.env[`LP_PID_${part.toUpperCase().replaceAll("-", "_")}`]);
	}

	// What "quickstart.sh status" says of one part: "runs, pid N" or "ended with status N".
	async status(part) {
		const { stdout } = await run("sh", [quickstart, "status", "--dir", this.dir])
			.catch((error) => error);
		return stdout.split("\n").find((line) => line.startsWith(`${part} `))?.slice(part.length + 1);
	}

	// kill -9, and waits for the end.
	async kill(part) {
		this.killed.add(part);
		process.kill(this.pid(part), "SIGKILL");
		await until(`${part} killed`, async () => await this.status(part) === "ended with status 137");
	}

	// SIGTERM; returns the exit status.
	async terminate(part) {
		process.kill(this.pid(part), "SIGTERM");
		const status = await until(`${part} ends after SIGTERM`,
			async () => /^ended with status (\d+)$/.exec(await this.status(part)));
		return Number(status[1]);
	}

	// Does fn while that part stands still.
	async standing(part, fn) {
		const pid = this.pid(part);
		process.kill(pid, "SIGSTOP");
		try {
			return await fn();
		} finally {
			process.kill(pid, "SIGCONT");
		}
	}

	async restart(part) {
		this.killed.delete(part);
		await run("sh", [quickstart, "restart", part, "--dir", this.dir]);
	}

	// redis-cli; the reply as redis-cli --json prints it.
	async redis(...args) {
		const { stdout } = await run("redis-cli",
			["-h", "127.0.0.1", "-p", this.env.LP_REDIS_PORT, "--json", ...args],
			{ maxBuffer: 1 << 30 });
		return JSON.parse(stdout);
	}

	// How many of "offline" or "callbacks" are under way or wait for another try.
	queued(name) {
		return this.redis("EVAL", "return redis.call('XLEN', KEYS[1]) + redis.call('ZCARD', KEYS[2])", "2",
			`lp:${name}`, `lp:${name}-later`);
	}

	// The names of all keys of a namespace.
	async keysOf(key) {
		const found = [];
		let cursor = "0";
		do {
			const [next, keys] = await this.redis("SCAN", cursor, "COUNT", "1000");
			found.push(...keys.filter((name) => name.includes(`{${key}}`)));
			cursor = `${next}`;
		} while (cursor !== "0");
		return found;
	}

	// Stops it. Every program of ours must have ended with status 0 and no sanitizer may have spoken.
	async stop() {
		for (const rest of this.rests)
			rest.close();
		const { stdout } = await run("sh", [quickstart, "stop", "--dir", this.dir]);
		running.delete(this.dir);
		const wrong = stdout ? [stdout] : [];
		for (const file of readdirSync(path.join(this.dir, "run"))) {
			const part = path.basename(file, ".status");
			if (file.endsWith(".status") && /api|connector|worker/.test(part) && !this.killed.has(part)) {
				const status = readFileSync(path.join(this.dir, "run", file), "utf8").trim();
				if (status !== "0")
					wrong.push(`${part} ended with status ${status}`);
			}
		}
		for (const file of readdirSync(path.join(this.dir, "log"))) {
			const text = readFileSync(path.join(this.dir, "log", file), "utf8");
			const report = /^.*(?:(?:ERROR|WARNING): \w+Sanitizer|runtime error:)[^]{0,3000}/m.exec(text);
			if (report)
				wrong.push(`${file}: ${report[0]}`);
		}
		if (wrong.length > 0)
			throw new Error(`${this.dir}: ${wrong.join("\n")}`);
		if (!process.env.LP_E2E_DIR)
			rmSync(this.dir, { recursive: true });
	}
}
