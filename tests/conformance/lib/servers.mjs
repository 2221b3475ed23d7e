// The servers that cases are played against: each variant is started when the first case wants it,
// on a port that the system chooses.

import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";

// Most cases have nothing to do with time-outs and shall not fail because of them on a machine that
// is busy.
const slow = [
	"--ping-interval", "5000", "--ping-timeout", "4000",
	"--upgrade-timeout", "5000", "--connect-timeout", "10000",
];
const quick = [
	"--ping-interval", "300", "--ping-timeout", "200",
	"--upgrade-timeout", "1000", "--connect-timeout", "1500",
];

const variants = {
	plain: slow,
	quick,
	strict: [...slow, "--strict-eio"],
	small: [...slow, "--max-payload", "1000"],
	eio4: [...slow, "--set", "eio_versions=4"],
	websocket: [...slow, "--set", "transports=websocket"],
	origins: [...slow, "--set", "cors_origins=http://a.b"],
	"any-origin": [...slow, "--set", "cors_origins=*"],
	cookie: [...slow, "--set", "cookie=io"],
	"root-denied": [...slow, "--root", "deny"],
	"root-later": [...slow, "--root", "later"],
	impatient: [...slow, "--set", "header_timeout=1s", "--set", "body_timeout=1500ms"],
	// To be filled to the brim without harm to the others.
	abused: slow,
	suite: [...quick, "--app", "suite", "--strict-eio", "--connect-timeout", "1000"],
};

export class Servers {
	#running = new Map();

	// command: program and leading arguments. url: a server that runs already, instead.
	constructor({ command, url }) {
		this.command = command;
		if (url) {
			const { hostname, port, host } = new URL(url);
			const address = { host: hostname, port: Number(port), hostHeader: host };
			this.#running.set("plain", Promise.resolve(address));
			this.#running.set("quick", Promise.resolve(address));
		}
	}

	has(variant) {
		return this.command !== undefined || this.#running.has(variant);
	}

	// { host, port, hostHeader } and, for those started here, the process. Variant "own": the case
	// starts one by itself.
	get(variant) {
		if (variant === "own")
			return undefined;
		if (!this.#running.has(variant))
			this.#running.set(variant, this.start(variants[variant]));
		return this.#running.get(variant);
	}

	// A server for one case alone; it is to stop() it.
	start(options, port = 0) {
		const [program, ...leading] = this.command;
		const args = [...leading, "--port", port, ...options].map(String);
		const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"] });
		let output = "";
		return new Promise((resolve, reject) => {
			const failed = (why) =>
				reject(new Error(`${[program, ...args].join(" ")}: ${why}\n${output}`));
			const read = (data) => {
				output = (output + data).slice(-20_000);
				const said = /^listening on 127\.0\.0\.1 port (\d+)$/m.exec(output);
				if (said)
					resolve(new Server(child, Number(said[1]), () => output));
			};
			child.stdout.on("data", read);
			child.stderr.on("data", read);
			child.on("error", (error) => failed(error.message));
			child.on("exit", (code, signal) => failed(`ended with ${signal ?? code}`));
		});
	}

	// Ends all; what is wrong with how they ended is returned.
	async stop() {
		const wrong = [];
		for (const [variant, starting] of this.#running) {
			const server = await starting.catch(() => undefined);
			if (server?.stop) {
				const said = await server.stop();
				if (said)
					wrong.push(`server ${variant}: ${said}`);
			}
		}
		return wrong;
	}
}

class Server {
	constructor(child, port, output) {
		this.child = child;
		this.host = "127.0.0.1";
		this.port = port;
		this.hostHeader = `127.0.0.1:${port}`;
		this.output = output;
		this.ended = new Promise((resolve) =>
			child.on("exit", (code, signal) => resolve({ code, signal })));
	}

	// Most memory it ever held, in MB.
	memory() {
		const status = readFileSync(`/proc/${this.child.pid}/status`, "latin1");
		return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)[1]) / 1024;
	}

	// Resolves with a complaint when it did not end well by itself.
	async stop(signal = "SIGTERM") {
		const running = this.child.exitCode === null && this.child.signalCode === null;
		if (running)
			this.child.kill(signal);
		const last = setTimeout(() => this.child.kill("SIGKILL"), 10_000);
		const end = await this.ended;
		clearTimeout(last);
		if (running && (end.code === 0 || end.signal === signal))
			return undefined;
		return `ended with ${end.signal ?? end.code}\n${this.output()}`;
	}
}
