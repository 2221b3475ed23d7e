#!/usr/bin/env node
// Attacks conformance-server, a new one each time, and watches its memory, while clients with manners are
// served beside it: see docs/ABUSE.md, whose table this writes.

import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";

import { Attack, attacks } from "./abuse/attacks.mjs";
import { same } from "./lib/expect.mjs";
import { Servers } from "./lib/servers.mjs";

const usage = `usage: abuse.mjs [--only ID,...] [--write] [--verbose] --server COMMAND

  --server   conformance-server
  --only     ids of attacks; * stands for anything
  --write    put the table into docs/ABUSE.md
  --verbose  a line for each attack, also when all went well`;

const usual = [
	"--ping-interval", "1000", "--ping-timeout", "1000", "--connect-timeout", "1500", "--upgrade-timeout", "1000",
];
const slowestEcho = 250; // ms
const attempts = 3; // when only an echo was late: the machine may have been busy
const longest = 30_000; // ms
const sideBySide = 8;
const doc = new URL("../../docs/ABUSE.md", import.meta.url);

function readArguments() {
	const { values } = parseArgs({
		options: {
			only: { type: "string", default: "*" },
			server: { type: "string" },
			verbose: { type: "boolean", default: false },
			write: { type: "boolean", default: false },
		},
	});
	if (!values.server)
		throw new Error("--server is missing");
	return values;
}

// ---- what is measured ----

// Memory of its own, in MB.
function memory(pid) {
	const text = readFileSync(`/proc/${pid}/smaps_rollup`, "latin1");
	return Number(/^Anonymous:\s*(\d+) kB$/m.exec(text)[1]) / 1024;
}

// Processor time in ms.
const ticks = Number(execFileSync("getconf", ["CLK_TCK"]));
function used(pid) {
	const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
	const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
	return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticks;
}

class Watch {
	constructor(pid) {
		this.pid = pid;
		this.before = this.peak = memory(pid);
		this.start = used(pid);
		this.timer = setInterval(() => (this.peak = Math.max(this.peak, memory(pid))), 20);
	}

	// What closed connections held is given back a little later.
	async look(kept) {
		for (let i = 0; i < 30 && memory(this.pid) > this.before + kept; i++)
			await new Promise((resolve) => setTimeout(resolve, 100));
		this.after = memory(this.pid);
		this.peak = Math.max(this.peak, this.after);
		this.processor = used(this.pid) - this.start;
	}

	end() {
		clearInterval(this.timer);
	}
}

class Bystander {
	constructor(server, polling) {
		const { host, port, hostHeader } = server;
		const url = new URL("./abuse/bystander.mjs", import.meta.url);
		this.worker = new Worker(url, { workerData: { server: { host, port, hostHeader }, polling } });
		this.ready = new Promise((resolve) => this.worker.once("message", resolve));
		this.report = new Promise((resolve, reject) => {
			this.worker.on("message", (m) => m.ready ?? resolve(m));
			this.worker.on("error", reject);
		});
	}

	end() {
		this.worker.postMessage("end");
		return this.report;
	}
}

// ---- one attack ----

function withLimit(files, command) {
	return files ? ["sh", "-c", `ulimit -n ${files}; exec "$@"`, "sh", ...command] : command;
}

async function carryOut(one, command) {
	const servers = new Servers({ command: withLimit(one.files, command) });
	const server = await servers.start([...usual, ...one.server]);
	const t = new Attack(server, servers);
	const bystander = new Bystander(server, one.polling ?? true);
	const result = { ...one, wrong: [], start: performance.now() };
	let timer, watch;
	try {
		await bystander.ready;
		watch = new Watch(server.child.pid);
		const late = new Promise((_, reject) => {
			timer = setTimeout(() => reject(new Error(`not done in ${longest} ms`)), longest);
		});
		result.happened = await Promise.race([one.run(t), late]);
		t.end();
		await watch.look(one.kept);
		Object.assign(result, { memory: watch, echo: await bystander.end() });
		result.wrong.push(...judge(result));
	} catch (error) {
		t.end();
		result.echo = await bystander.end();
		result.wrong.push(error.message, ...(result.echo.wrong ? [`the client beside it: ${result.echo.wrong}`] : []));
	} finally {
		clearTimeout(timer);
		watch?.end();
		const said = await server.stop();
		if (said)
			result.wrong.push(`the server ${said}`);
	}
	return result;
}

function judge({ happened, expect, memory, peak, kept, echo }) {
	const wrong = [];
	try {
		same(happened, expect);
	} catch (error) {
		wrong.push(error.message);
	}
	if (memory.peak - memory.before > peak)
		wrong.push(`the server took ${(memory.peak - memory.before).toFixed(1)} MB, at most ${peak} expected`);
	if (memory.after - memory.before > kept)
		wrong.push(`the server kept ${(memory.after - memory.before).toFixed(1)} MB, at most ${kept} expected`);
	if (echo.wrong)
		wrong.push(`the client beside it: ${echo.wrong}`);
	else if (echo.worst > slowestEcho)
		wrong.push(`an echo took ${Math.round(echo.worst)} ms, at most ${slowestEcho} expected`);
	return wrong;
}

async function play(one, command) {
	for (let i = 1; ; i++) {
		const result = await carryOut(one, command);
		if (i === attempts || !result.wrong.length || result.wrong.some((s) => !s.startsWith("an echo took")))
			return result;
	}
}

// ---- all of them ----

async function playAll(list, width, command, said) {
	const results = new Map();
	const queue = [...list];
	const work = async () => {
		for (let one = queue.shift(); one; one = queue.shift()) {
			const result = await play(one, command);
			results.set(one.id, result);
			said(result);
		}
	};
	await Promise.all(Array.from({ length: width }, work));
	return results;
}

function table(results) {
	const rows = results.map(({ id, sent, happened, memory, echo }) => {
		const held = [memory.before, memory.peak, memory.after].map((n) => n.toFixed(1)).join(" → ");
		const cells = [id, sent, happened, held, Math.round(memory.processor), Math.ceil(echo.worst)];
		return `| ${cells.join(" | ")} |`;
	});
	return [
		"| | what was done | what became of it | memory, MB: before → most → after | CPU, ms | slowest echo, ms |",
		"|---|---|---|---|---|---|",
		...rows,
	].join("\n");
}

function write(results) {
	const text = readFileSync(doc, "utf8");
	const again = text.replace(/(<!-- attacks -->\n)[^]*(<!-- end -->)/, (_, begin, end) =>
		`${begin}${table(results)}\n${end}`);
	writeFileSync(doc, again);
}

async function main() {
	const options = readArguments();
	for (const file of ["http", "polling", "websocket", "socketio"])
		await import(`./abuse/${file}.mjs`);
	const pattern = new RegExp(`^(${options.only.replaceAll("*", ".*").replaceAll(",", "|")})$`);
	const wanted = attacks.filter(({ id }) => pattern.test(id));
	const command = options.server.split(" ");
	const said = ({ id, wrong, happened, start }) => {
		if (wrong.length)
			console.log(`FAILED ${id}: ${wrong.join("\n       ")}`);
		else if (options.verbose)
			console.log(`ok     ${id}: ${happened} (${Math.round(performance.now() - start)} ms)`);
	};
	if (!wanted.length)
		throw new Error("no such attack");
	const results = new Map([
		...await playAll(wanted.filter((one) => one.heavy), 1, command, said),
		...await playAll(wanted.filter((one) => !one.heavy), sideBySide, command, said),
	]);
	const inOrder = wanted.map(({ id }) => results.get(id));
	const failed = inOrder.filter(({ wrong }) => wrong.length).length;
	if (options.write && !failed)
		write(inOrder);
	console.log(`${wanted.length - failed} passed, ${failed} failed`);
	return failed ? 1 : 0;
}

main().then(
	(status) => process.exit(status),
	(error) => {
		console.error(`${error.message}\n\n${usage}`);
		process.exit(2);
	},
);
