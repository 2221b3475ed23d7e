// One official JavaScript client, from its connection to its end: story.mjs URL PACKAGE TRANSPORTS
// [base64]. Writes the step that failed and ends with status 1; writes "restart" when the server is
// to be started anew, on the same port.

import { deepStrictEqual } from "node:assert";
import { createRequire } from "node:module";

const patience = 5000; // ms for each step
const idle = 2500; // ms without events: many heartbeats

const [url, name, transports, base64] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const { Manager } = require(name);
const version = require(`${name}/package.json`).version;
const old = Number(version.split(".")[0]) < 3;

const text = "hé€😀";
const bytes = Buffer.from([0, 1, 2, 253, 254, 255]);

let step = "start";

// Resolves with the arguments of the event.
function event(emitter, name) {
	return new Promise((resolve) => emitter.once(name, (...args) => resolve(args)));
}

async function soon(what) {
	let timer;
	const late = new Promise((_, reject) => {
		timer = setTimeout(() => reject(new Error(`nothing in ${patience} ms`)), patience);
	});
	try {
		return await Promise.race([what, late]);
	} finally {
		clearTimeout(timer);
	}
}

const options = {
	path: "/socket.io/",
	transports: transports.split(","),
	forceBase64: base64 !== undefined,
	reconnectionDelay: 50,
	reconnectionDelayMax: 100,
	randomizationFactor: 0,
	autoConnect: false,
};
const manager = new Manager(url, options);
const root = manager.socket("/");
const demo = manager.socket("/demo");
const sockets = [root, demo];

// Binary data comes as a Buffer, or as an ArrayBuffer, depending on client and transport.
const plain = (value) =>
	JSON.parse(JSON.stringify(value, (_, v) => (v instanceof ArrayBuffer ? Buffer.from(v) : v)));

async function echoes(socket, ...args) {
	const answer = event(socket, "echo");
	socket.emit("echo", ...args);
	deepStrictEqual(plain(await soon(answer)), plain(args));
}

async function acknowledges(socket, ...args) {
	const answer = new Promise((resolve) => socket.emit("echo", ...args, (...got) => resolve(got)));
	deepStrictEqual(plain(await soon(answer)), plain(args));
}

// All sockets connected, on the last of the transports.
async function connected() {
	await soon(Promise.all(sockets.filter((s) => !s.connected).map((s) => event(s, "connect"))));
	const wanted = transports.split(",").at(-1);
	while (manager.engine.transport.name !== wanted)
		await soon(event(manager.engine, "upgrade"));
}

async function disconnected(socket, act) {
	const reason = event(socket, "disconnect");
	act();
	return (await soon(reason))[0];
}

const steps = {
	async connects() {
		sockets.forEach((s) => s.open());
		await connected();
	},

	"has the ids it should"() {
		const sid = manager.engine.id;
		if (version.startsWith("1."))
			deepStrictEqual([root.id, demo.id], [sid, sid]);
		else if (old)
			deepStrictEqual([root.id, demo.id], [sid, `/demo#${sid}`]);
		else
			deepStrictEqual(new Set([sid, root.id, demo.id]).size, 3);
	},

	async "is refused"() {
		const refused = manager.socket("/mwdata");
		const answer = event(refused, old ? "error" : "connect_error");
		refused.open();
		const [error] = await soon(answer);
		deepStrictEqual(old ? error : error.data, { code: 42 });
		refused.close();
	},

	async "echoes text"() {
		for (const socket of sockets)
			await echoes(socket, text, { a: [1, null] }, text.repeat(500));
	},

	async "echoes binary data"() {
		for (const socket of sockets)
			await echoes(socket, bytes, { deep: [text, bytes] }, "x");
	},

	async "is acknowledged"() {
		for (const socket of sockets)
			await acknowledges(socket, text, bytes, 1);
	},

	async "acknowledges"() {
		demo.once("q", (number, data, answer) => answer(text, data, number));
		const called = event(demo, "called");
		demo.emit("callme");
		deepStrictEqual(plain(await soon(called)), plain([text, Buffer.from([1, 2]), 1]));
	},

	async "uses what 4.x has"() {
		if (!version.startsWith("4.") || transports !== "websocket")
			return; // by polling a volatile event may be dropped by the client itself
		deepStrictEqual(await soon(demo.emitWithAck("echo", text)), text);
		demo.volatile.emit("echo", "volatile");
		deepStrictEqual(await soon(event(demo, "echo")), ["volatile"]);
		const another = new Manager(url, options);
		const retrying = another.socket("/demo", { retries: 2, ackTimeout: 1000 });
		retrying.open();
		const answer = new Promise((resolve) =>
			retrying.emit("echo", text, (...got) => resolve(got)));
		deepStrictEqual(await soon(answer), [null, text]);
		retrying.close();
	},

	async "stays when idle"() {
		const lost = Promise.race(sockets.map((s) => event(s, "disconnect")));
		const rest = new Promise((resolve) => setTimeout(resolve, idle));
		deepStrictEqual(await Promise.race([lost, rest]), undefined);
		await echoes(demo, "still there");
	},

	async "is disconnected from a namespace"() {
		deepStrictEqual(await disconnected(demo, () => demo.emit("bye")), "io server disconnect");
		await echoes(root, "still there");
		demo.open();
		await connected();
		await echoes(demo, "back");
	},

	async "leaves a namespace"() {
		deepStrictEqual(await disconnected(demo, () => demo.close()), "io client disconnect");
		await echoes(root, "still there");
		demo.open();
		await connected();
		await echoes(demo, "back");
	},

	async "comes back after a restart"() {
		const lost = Promise.all(sockets.map((s) => event(s, "disconnect")));
		console.log("restart");
		await soon(lost);
		await connected();
		for (const socket of sockets)
			await echoes(socket, text);
	},

	async "is disconnected altogether"() {
		const lost = event(demo, "disconnect");
		deepStrictEqual(await disconnected(root, () => root.emit("byeall")), "io server disconnect");
		deepStrictEqual((await soon(lost))[0], "io server disconnect");
		sockets.forEach((s) => s.open());
		await connected();
	},

	async "closes"() {
		const end = event(manager.engine, "close");
		sockets.forEach((s) => s.close());
		await soon(end);
	},
};

try {
	for (step of Object.keys(steps))
		await steps[step]();
	process.exit(0);
} catch (error) {
	console.log(`${version} ${step}: ${error.message.replaceAll("\n", " ")}`);
	process.exit(1);
}
