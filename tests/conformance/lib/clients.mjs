// Real clients: programs that are given the URL of a server and play through all a client does.
// They write "restart" when the server is to be started anew, and end with status 0 when all was
// right; otherwise what they wrote last says why.

import { spawn } from "node:child_process";

const heartbeat = ["--ping-interval", "300", "--ping-timeout", "3000"];
const longest = 40_000; // ms

// args: what the program is called with; URL stands for the server's.
export async function plays(servers, program, ...args) {
	let server = await servers.start(heartbeat);
	const url = `http://127.0.0.1:${server.port}`;
	const child = spawn(program, args.map((arg) => (arg === "URL" ? url : arg)));
	let output = "";
	let restarting;
	const read = (data) => {
		output += data;
		if (!restarting && /^restart$/m.test(output))
			restarting = restart();
	};
	const restart = async () => {
		await server.stop();
		server = await servers.start(heartbeat, server.port);
	};
	child.stdout.on("data", read);
	child.stderr.on("data", read);
	const timer = setTimeout(() => child.kill(), longest);
	const status = await new Promise((resolve) => child.on("close", (code) => resolve(code)));
	clearTimeout(timer);
	await restarting;
	await server.stop();
	if (status !== 0)
		throw new Error(output.trim() || `no end in ${longest} ms`);
}
