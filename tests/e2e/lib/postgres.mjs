// A PostgreSQL of its own for a test, on a unix socket in a temporary folder.

import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { until } from "./wait.mjs";

const BASE = "/usr/lib/postgresql";

// Debian has a folder for each version, and none of the programs in the path.
function programs() {
	const version = existsSync(BASE) ? readdirSync(BASE).sort((a, b) => Number(b) - Number(a))[0] : undefined;
	return version ? path.join(BASE, version, "bin") : "";
}

// It refuses to run as root.
function whoRuns() {
	if (process.getuid() !== 0)
		return {};
	const id = (flag) => Number(execFileSync("id", [flag, "postgres"]).toString());
	return { uid: id("-u"), gid: id("-g") };
}

const running = new Set();
process.on("exit", () => {
	for (const one of running)
		one.child.kill("SIGKILL");
});

class Postgres {
	constructor(dir, who) {
		this.dir = dir;
		this.who = who;
		this.url = `postgresql:///postgres?host=${dir}&user=postgres`;
	}

	run(program, args, options = {}) {
		return execFileSync(path.join(programs(), program), args,
			{ cwd: this.dir, stdio: ["ignore", "pipe", "pipe"], ...this.who, ...options }).toString();
	}

	async resume() {
		this.child = spawn(path.join(programs(), "postgres"), ["-D", "data", "-k", this.dir, "-c", "listen_addresses="],
			{ cwd: this.dir, stdio: ["ignore", "ignore", "pipe"], ...this.who });
		running.add(this);
		let log = "";
		this.child.stderr.on("data", (chunk) => { log += chunk; });
		await until("PostgreSQL answers", () => {
			if (this.child.exitCode !== null)
				throw new Error(log);
			this.run("psql", ["-X", "-q", "-h", this.dir, "-U", "postgres", "-c", "SELECT 1"]);
			return true;
		}, 60_000);
	}

	// Ends the server as a crash does; the data stay. signal: SIGINT ends it in good order.
	async pause(signal = "SIGQUIT") {
		running.delete(this);
		if (this.child.exitCode === null && this.child.signalCode === null) {
			const end = once(this.child, "exit");
			this.child.kill(signal);
			await end;
		}
	}

	// Makes another, empty database; its URL.
	database(name) {
		this.run("createdb", ["-h", this.dir, "-U", "postgres", name]);
		return this.url.replace("///postgres", `///${name}`);
	}

	async stop() {
		await this.pause("SIGINT");
		rmSync(this.dir, { recursive: true });
	}
}

// set: settings of postgresql.conf beside its defaults.
export async function startPostgres(set = {}) {
	const who = whoRuns();
	const dir = mkdtempSync(path.join(tmpdir(), "light-push-pg-"));
	if (who.uid !== undefined)
		chownSync(dir, who.uid, who.gid);
	const server = new Postgres(dir, who);
	server.run("initdb", ["-D", "data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
	const lines = Object.entries(set).map(([name, value]) => `${name} = '${value}'\n`);
	writeFileSync(path.join(dir, "data/postgresql.conf"), lines.join(""), { flag: "a" });
	await server.resume();
	return server;
}
