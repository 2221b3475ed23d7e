// Signed callbacks: real calls are verified by the samples of docs/CALLBACKS.md, taken out of that file.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHmac } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import http from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";

import { connectClient, versions } from "./lib/client.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const SECRET = "käse and other secrets";
const document = readFileSync(new URL("../../docs/CALLBACKS.md", import.meta.url), "utf8");

let stack;
let server;
let base;
let folder;
const calls = []; // { path, header, text, namespace }

before(async () => {
	folder = mkdtempSync(path.join(tmpdir(), "signatures-"));
	server = http.createServer((req, res) => {
		const chunks = [];
		req.on("data", (chunk) => chunks.push(chunk));
		req.on("end", () => {
			const [where, query = ""] = req.url.split(/\?(.*)/s);
			calls.push({
				path: where,
				header: req.headers["x-light-push-signature"],
				namespace: req.headers.namespace,
				text: req.method === "POST" ? Buffer.concat(chunks).toString() : query,
			});
			res.end();
		});
	});
	await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
	base = `http://127.0.0.1:${server.address().port}`;
	stack = await startStack({ connectors: 2 });
});

after(async () => {
	await stack?.stop();
	server?.closeAllConnections();
	server?.close();
	rmSync(folder, { recursive: true, force: true });
});

// The sample in that language, as a file.
function sample(language, name, more = "") {
	const [, code] = new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(document);
	const file = path.join(folder, name);
	writeFileSync(file, code + more);
	return file;
}

// Runs a program with the call as its arguments; it prints true or false.
function run(program, args) {
	// Java reads its arguments as the locale says.
	const env = { ...process.env, LC_ALL: "C.UTF-8" };
	const { status, stdout, stderr } = spawnSync(program, args, { encoding: "utf8", env });
	assert.equal(status, 0, stderr);
	return stdout.trim() === "true";
}

const languages = {
	js: async () => {
		const { verify } = await import(pathToFileURL(sample("js", "sample.mjs")));
		return verify;
	},
	python: () => {
		const file = sample("python", "sample.py", `
import sys
print(str(verify(sys.argv[1], sys.argv[2], sys.argv[3].encode())).lower())
`);
		return (...call) => run("python3", [file, ...call]);
	},
	java: () => {
		const file = sample("java", "Sample.java", `
class Main {
	public static void main(String[] a) throws Exception {
		System.out.println(LightPushSignature.verify(a[0], a[1], a[2].getBytes(StandardCharsets.UTF_8)));
	}
}
`);
		// the class that is run is the first one of the file
		const code = readFileSync(file, "utf8");
		const at = code.indexOf("class Main");
		const start = code.indexOf("final class");
		writeFileSync(file, code.slice(0, start) + code.slice(at) + code.slice(start, at));
		return (...call) => run("java", [file, ...call]);
	},
	php: () => {
		const file = sample("php", "sample.php", `
echo light_push_verify($argv[1], $argv[2], $argv[3]) ? "true" : "false";
`);
		return (...call) => run("php", [file, ...call]);
	},
};
const programs = { js: "node", python: "python3", java: "java", php: "php" };
const required = ["js", "python"];
const missing = (language) => !required.includes(language) &&
	spawnSync(programs[language], ["-version"]).status !== 0;

// One client comes and goes; the two calls that its namespace is told by.
async function comeAndGo(key, version, n) {
	const client = await connectClient(stack.connector(n),
		{ version, namespace: key, identity: { uuid: "u1", userid: "ann", name: "Jürgen & co" } });
	client.close();
	await until(`both callbacks of ${key}`, () => calls.filter((call) => call.namespace === key).length === 2,
		15_000);
	return calls.filter((call) => call.namespace === key);
}

test("both callbacks are signed, from every connector, and the samples say so", async (t) => {
	for (const [i, version] of versions.entries()) {
		const key = `/signed-${version[0]}`;
		await stack.namespace(key);
		await stack.admin.post("/api/admin/namespace/save", { key, callback_secret: SECRET,
			connect_callback: `${base}/in?app=1&x=%20`, disconnect_callback: `${base}/out` });
		const [connect, disconnect] = await comeAndGo(key, version, 1 + i);
		assert.equal(connect.path, "/in");
		assert.match(connect.text, /^app=1&x=%20&/);
		assert.equal(disconnect.path, "/out");
		assert.equal(JSON.parse(disconnect.text).query.name, "Jürgen & co");
	}
	for (const language of Object.keys(languages)) {
		await t.test(language, { skip: missing(language) && "not installed" }, async () => {
			const verify = await languages[language]();
			for (const { header, text } of calls) {
				assert.equal(verify(SECRET, header, text), true);
				assert.equal(verify(SECRET, header, `${text} `), false);
				assert.equal(verify("another secret of ours", header, text), false);
				const { t: time } = /t=(?<t>\d+)/.exec(header).groups;
				const sign = (at) => `t=${at},v1=${createHmac("sha256", SECRET)
					.update(`${at}.${text}`).digest("hex")}`;
				assert.equal(sign(time), header);
				assert.equal(verify(SECRET, sign(Number(time) - 3600), text), false);
				assert.equal(verify(SECRET, sign(Number(time) + 3600), text), false);
				assert.equal(verify(SECRET, header.replace(time, `${Number(time) + 1}`), text), false);
				assert.equal(verify(SECRET, "", text), false);
				if (language !== "js")
					break; // a program each time
			}
		});
	}
});

test("without a secret, or when it is taken away, there is no signature; a new one counts at once", async () => {
	const key = "/plain";
	const owner = await stack.namespace(key);
	await owner.post("/api/auth/namespace/save",
		{ connect_callback: `${base}/in`, disconnect_callback: `${base}/out` });
	assert.deepEqual((await comeAndGo(key, "4.8.4", 1)).map(({ header }) => header), [undefined, undefined]);
	await owner.post("/api/auth/namespace/save", { callback_secret: SECRET });
	assert.equal((await owner.get("/api/auth/namespace")).callback_secret_set, true);
	calls.length = 0;
	assert.ok((await comeAndGo(key, "4.8.4", 2)).every(({ header }) => header));
	await owner.post("/api/auth/namespace/save", { callback_secret: null });
	calls.length = 0;
	assert.deepEqual((await comeAndGo(key, "4.8.4", 1)).map(({ header }) => header), [undefined, undefined]);
});
