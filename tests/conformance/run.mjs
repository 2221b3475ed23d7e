#!/usr/bin/env node
// Plays the cases of cases/ against conformance-server and says which ones failed; see README.md.

import { parseArgs } from "node:util";

import { Context, cases } from "./lib/cases.mjs";
import { Servers } from "./lib/servers.mjs";

const usage = `usage: run.mjs [--only ID,...] [--verbose] --server COMMAND | --url URL

  --server   conformance-server; it is started as often as needed, with the switches it needs
  --url      a server that runs already: cases that need other switches are left out
  --only     ids of cases; * stands for anything: A1,C*
  --verbose  a line for each case that passed, too`;

const inParallel = 24;
const heavyInParallel = 6;
const attempts = 6; // for a case that measures time: a busy machine delays us as well
const longest = 45_000; // ms

function readArguments() {
	const { values } = parseArgs({
		options: {
			only: { type: "string" },
			server: { type: "string" },
			url: { type: "string" },
			verbose: { type: "boolean", default: false },
		},
	});
	if (!values.server === !values.url)
		throw new Error("give either --server or --url");
	return values;
}

// The patterns of --only as one regular expression for ids.
function chosen(only) {
	const patterns = (only ?? "*").split(",").map((one) => one.trim().replaceAll("*", ".*"));
	return new RegExp(`^(${patterns.join("|")})$`);
}

const name = (one) => `${one.id} ${one.label}`.trim();

// Returns undefined, or what went wrong.
async function play(one, servers) {
	let t, timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`not done in ${longest} ms`)), longest);
	});
	try {
		t = new Context(await servers.get(one.server), servers);
		await Promise.race([one.run(t), late]);
		return undefined;
	} catch (error) {
		return error.message || error.stack;
	} finally {
		clearTimeout(timer);
		t?.end();
	}
}

async function playUntilRight(one, servers) {
	let wrong;
	for (let i = 0; i < (one.timed ? attempts : 1); i++) {
		wrong = await play(one, servers);
		if (!wrong)
			break;
	}
	return wrong;
}

async function main() {
	const options = readArguments();
	for (const section of "abcdefghik")
		await import(`./cases/${section}.mjs`);
	const servers = new Servers({ command: options.server?.split(" "), url: options.url });
	await servers.get("plain"); // without it there is no point
	const wanted = cases.filter(({ id }) => chosen(options.only).test(id));
	const possible = wanted.filter(({ server }) => servers.has(server));
	const failed = [];
	let passed = 0;

	const work = async (queue) => {
		for (let one = queue.shift(); one; one = queue.shift()) {
			const start = performance.now();
			const wrong = await playUntilRight(one, servers);
			if (wrong)
				failed.push(name(one));
			else
				passed++;
			if (wrong)
				console.log(`FAILED ${name(one)}: ${wrong}`);
			else if (options.verbose)
				console.log(`ok     ${name(one)} (${Math.round(performance.now() - start)} ms)`);
		}
	};
	const side = (queue, workers) => Promise.all(Array.from({ length: workers }, () => work(queue)));

	// Those that measure time go first, while nothing else runs.
	const timed = possible.filter((one) => one.timed);
	const others = possible.filter((one) => !one.timed);
	await side(timed, timed.length);
	const slow = others.filter((one) => one.slow);
	const heavy = others.filter((one) => one.heavy);
	await Promise.all([
		side(slow, slow.length),
		side(heavy, heavyInParallel),
		side(others.filter((one) => !one.slow && !one.heavy), inParallel),
	]);
	for (const complaint of await servers.stop()) {
		failed.push(complaint);
		console.log(`FAILED ${complaint}`);
	}
	const left = wanted.length - possible.length;
	console.log(`${passed} passed, ${failed.length} failed${left ? `, ${left} left out` : ""}`);
	if (!possible.length)
		throw new Error("no case was played");
	return failed.length ? 1 : 0;
}

main().then(
	(status) => process.exit(status),
	(error) => {
		console.error(`${error.message}\n\n${usage}`);
		process.exit(2);
	},
);
