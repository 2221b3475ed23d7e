// The archive is written: what was pushed and what became of it, whatever dies or is away meanwhile.
// The same tests on SQLite and on PostgreSQL.
//
// Environment:
//   LP_ARCHIVE_OUTAGE  seconds for which the database is away (default 4)
//   LP_ARCHIVE_KILLS   how often a worker is killed (default 30)

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";

import { ArchiveTables } from "./lib/archive.mjs";
import { connectClient } from "./lib/client.mjs";
import { startPostgres } from "./lib/postgres.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const OUTAGE = Number(process.env.LP_ARCHIVE_OUTAGE ?? 4);
const KILLS = Number(process.env.LP_ARCHIVE_KILLS ?? 30);
const BATCH = 50;
const SET = { redis_timeout: "5s", archive_clients: "true", push_log_max_length: "2000" };

// A number of the internal port of a worker.
async function metric(stack, part, name) {
	const text = await (await fetch(`${stack.probe(part)}/metrics`)).text();
	return Number(new RegExp(`^light_push_${name} (\\d+)$`, "m").exec(text)?.[1]);
}

// Pushes batches, `rate` messages a second at most, until told to end: { id -> what was pushed }. A
// request that nobody answered is in no ledger, so there must be none.
class Load {
	constructor(owner, rate) {
		this.owner = owner;
		this.ledger = new Map();
		this.slowest = 0;
		this.done = this.run(rate);
	}

	async run(rate) {
		const start = Date.now();
		for (let n = 0; !this.ended; n += BATCH) {
			const ahead = n / rate * 1000 - (Date.now() - start);
			if (ahead > 0)
				await new Promise((resolve) => setTimeout(resolve, ahead));
			const messages = Array.from({ length: BATCH }, (_, i) => ({
				room: `room_${(n + i) % 97}`, pushData: { n: n + i, text: `消息 ${n + i}` },
			}));
			const before = Date.now();
			const { results } = await this.owner.post("/api/auth/push/batch", { messages });
			this.slowest = Math.max(this.slowest, Date.now() - before);
			results.forEach(({ id }, i) => this.ledger.set(`${id}`, JSON.stringify(messages[i].pushData)));
		}
	}

	async end() {
		this.ended = true;
		await this.done;
		return this.ledger;
	}
}

// The rows of a namespace as the ledger has them.
async function archived(tables, name) {
	const rows = await tables.run(`SELECT m.id, m.data FROM messages m JOIN namespaces n ON n.nsp = m.nsp
		WHERE n.name = '${name}' ORDER BY m.no;`);
	return rows.map(([id, data]) => [id, data]);
}

async function count(tables, name) {
	const [[n]] = await tables.run(`SELECT count(*) FROM messages m JOIN namespaces n ON n.nsp = m.nsp
		WHERE n.name = '${name}';`);
	return Number(n);
}

async function expectLedger(tables, name, ledger) {
	await until(`${ledger.size} messages in the archive`, async () => await count(tables, name) >= ledger.size, 90_000);
	const rows = await archived(tables, name);
	assert.equal(rows.length, ledger.size);
	assert.deepEqual(new Map(rows), ledger);
}

const kinds = {
	SQLite: {
		async start() {
			this.dir = mkdtempSync(path.join(tmpdir(), "light-push-archive-"));
			return `sqlite:${this.dir}/archive.db`;
		},
		// Somebody holds the one lock.
		async pause(url) {
			this.holder = spawn("sqlite3", ["-cmd", ".timeout 20000", url.slice(7)], { stdio: ["pipe", "pipe", "inherit"] });
			this.holder.stdin.write("BEGIN IMMEDIATE; SELECT 'held';\n");
			await once(this.holder.stdout, "data");
		},
		async resume() {
			const end = once(this.holder, "exit");
			this.holder.stdin.end();
			await end;
		},
		async stop() {
			this.holder?.kill("SIGKILL");
			rmSync(this.dir, { recursive: true });
		},
	},
	PostgreSQL: {
		async start() {
			this.server = await startPostgres({ synchronous_commit: "on" });
			return this.server.url;
		},
		pause() {
			return this.server.pause();
		},
		resume() {
			return this.server.resume();
		},
		stop() {
			return this.server?.stop();
		},
	},
};

for (const [kind, database] of Object.entries(kinds)) {
	describe(kind, () => {
		let url;
		let stack;
		let tables;

		before(async () => {
			url = await database.start();
			stack = await startStack({ connectors: 1, workers: 2, set: { ...SET, archive: url } });
			tables = new ArchiveTables(url);
			await until("the tables are there", () => tables.made(), 20_000);
		});

		after(async () => {
			await stack?.stop();
			await database.stop();
		});

		test("a message, its counts, its quarter of an hour, who came and went", async () => {
			const owner = await stack.namespace("/record");
			const client = await connectClient(stack.socket(), { version: "4.8.4", namespace: "/record", identity: { uuid: "u", userid: "me" } });
			await client.join("here");
			const plain = await owner.post("/api/auth/push", { room: "empty", pushData: { b: [1.50, "\u4e2d"] } });
			const full = await owner.post("/api/auth/push", {
				rooms: ["here", "there"], pushData: { text: "it's \"完整\" \\ {a,b}", apsData: { aps: { alert: "x" } } },
				expire: 2, from: "someone", except: "nobody", leaveMessage: true, apnsName: "main", cancel_on_ack: true,
			});
			await until("the client has it", () => client.pushes.length === 1, 15_000);
			client.socket.emit("ackPush", { id: full.id });
			await until("counts in the archive", async () => (await tables.run("SELECT no FROM message_counts WHERE ack_web = 1;")).length === 1, 30_000);

			const columns = ["id", "room", "data", "expire", "leave", "apns_name", "rooms", "\"except\"", "\"from\"", "extra", "cancel"];
			const shown = columns.map((c) => `coalesce(CAST(m.${c} AS text), '-')`).join(", ");
			const rows = await tables.run(`SELECT ${shown}, coalesce(c.online_web, 0), coalesce(c.ack_web, 0)
				FROM messages m JOIN namespaces n ON n.nsp = m.nsp LEFT JOIN message_counts c ON c.no = m.no
				WHERE n.name = '/record' ORDER BY m.id;`);
			const report = await owner.get(`/api/auth/report/push/${full.id}`);
			assert.deepEqual(rows, [
				[`${plain.id}`, "empty", "{\"b\":[1.5,\"中\"]}", "1", "-", "-", "-", "-", "-", "-", "-", "0", "0"],
				[`${full.id}`, "here", report.pushData, report.expire, "1", "main", report.rooms, "nobody", "someone", "-", "1", "1", "1"],
			]);
			assert.deepEqual(await tables.run(`SELECT (no >> 22) + 1577836800000 FROM messages WHERE id = ${full.id};`), [[report.sendDate]]);

			client.close();
			await until("it went", async () => (await tables.run("SELECT 1 FROM client_events WHERE reason IS NOT NULL;")).length === 1, 30_000);
			assert.deepEqual(await tables.run("SELECT client, user_id, platform, reason IS NULL FROM client_events ORDER BY time, seq;"),
				["1", "0"].map((came) => ["/record#me#web-u", "me", "web", kind === "SQLite" ? came : came === "1" ? "t" : "f"]));
			await until("statistics", async () => {
				const [row] = await tables.run("SELECT sum(pushed), sum(online), sum(ack_web) FROM stats;");
				return row.join() === "2,1,1";
			}, 40_000);
		});

		test("an ack of the last moment counts, though nobody could read it in time", async () => {
			const owner = await stack.namespace("/late");
			const client = await connectClient(stack.socket(), { version: "4.8.4", namespace: "/late", identity: { uuid: "u", userid: "me" } });
			await client.join("here");
			for (const part of ["worker-1", "worker-2"])
				await stack.terminate(part);
			const record = (message) => `lp:{/late}:msg:${message}`;
			let id;
			// Where the ack itself came too late, once more.
			for (let i = 0; i < 20 && await stack.redis("HLEN", "lp:archive-last") === 0; i++) {
				const before = client.pushes.length;
				({ id } = await owner.post("/api/auth/push", { room: "here", pushData: {} }));
				await until("the client has it", () => client.pushes.length > before, 15_000);
				// As if its delivery was written long ago.
				await until("its delivery is noted", async () => await stack.redis("ZCARD", "lp:archive-counts") > 0, 15_000);
				await stack.redis("DEL", "lp:archive-counts");
				await stack.redis("PEXPIRE", record(id), 1000);
				client.socket.emit("ackPush", { id });
				await until("it is gone", async () => await stack.redis("EXISTS", record(id)) === 0, 15_000);
			}
			for (const part of ["worker-1", "worker-2"])
				await stack.restart(part);
			await until("its ack is in the archive", async () => {
				const rows = await tables.run(`SELECT c.ack_web FROM messages m JOIN namespaces n ON n.nsp = m.nsp
					JOIN message_counts c ON c.no = m.no WHERE n.name = '/late' AND m.id = ${id};`);
				return rows.join() === "1";
			}, 30_000);
			await until("nothing is left", async () => await stack.redis("HLEN", "lp:archive-last") === 0, 30_000);
			client.close();
		});

		test(`a worker is killed ${KILLS} times in the middle of batches`, async () => {
			const owner = await stack.namespace("/kill");
			const load = new Load(owner, 1500);
			for (let i = 0; i < KILLS; i++) {
				const part = `worker-${1 + i % 2}`;
				const already = await count(tables, "/kill");
				await until("it writes", async () => await count(tables, "/kill") > already, 30_000);
				await stack.kill(part);
				await stack.restart(part);
			}
			await expectLedger(tables, "/kill", await load.end());
			await until("nobody holds any of them", async () => {
				const [group] = await stack.redis("XINFO", "GROUPS", "lp:{/kill}:log");
				return group.pending === 0 && group.lag === 0;
			}, 60_000);
		});

		test(`the database is away for ${OUTAGE} s under 2000 pushes/s`, async () => {
			const owner = await stack.namespace("/away");
			const load = new Load(owner, 2000);
			await until("it writes", async () => await count(tables, "/away") > 0, 30_000);
			await database.pause(url);
			await new Promise((resolve) => setTimeout(resolve, OUTAGE * 1000));
			const waiting = load.ledger.size;
			await database.resume(url);
			const ledger = await load.end();
			await expectLedger(tables, "/away", ledger);
			assert.ok(waiting > OUTAGE * 100, `only ${waiting} were pushed meanwhile`);
			assert.equal(await metric(stack, "worker-1", "archive_lost_total"), 0);
			await until("the log is trimmed", async () => await stack.redis("XLEN", "lp:{/away}:log") < 2500, 30_000);
			console.log(`${kind}: ${ledger.size} messages, ${waiting} by the end of the outage, slowest request ${load.slowest} ms`);
		});

		test("what is too old goes, and what was cleared or flushed; not what is real-time", async () => {
			for (const name of ["/old", "/clear", "/flush", "/stay"]) {
				const owner = await stack.namespace(name);
				await owner.post("/api/auth/push", { rooms: ["a", "b"], pushData: { name } });
				await until("it is there", async () => await count(tables, name) === 1, 30_000);
			}
			const nsp = await tables.namespace("/old");
			const day = 86_400_000;
			await tables.write(nsp, Array.from({ length: 1200 }, (_, i) => ({
				id: 1_000_000 + i, sent: Date.now() - 366 * day - i, room: "a", rooms: ["a", "b"], data: `{"text":"旧 ${i}"}`, online: 1, ack: 0,
			})));
			const long = await tables.namespace("/long");
			await stack.admin.post("/api/admin/namespace/save", { key: "/long", name: "long", archive_days: 0 });
			await tables.write(long, [{ id: 1, sent: Date.now() - 1000 * day, room: "a", data: "{}" }]);
			await tables.write(nsp, [{ id: 999_999, sent: Date.now() - 364 * day, room: "a", data: "{\"text\":\"旧\"}" }]);
			await stack.terminate("worker-1");
			await stack.restart("worker-1"); // it looks at once

			const set = (key, fields) => stack.admin.post("/api/admin/namespace/save", { key, ...fields });
			for (const name of ["/clear", "/flush", "/stay"])
				await set(name, { offline: "on" });
			await stack.admin.get("/api/admin/namespace/clear/clear");
			await stack.admin.get("/api/admin/namespace/flush/flush");
			await stack.admin.post("/api/admin/namespace/clear-realtime-data", { namespace: "/stay" });
			await until("they are gone", async () => {
				const left = await Promise.all(["/old", "/clear", "/flush", "/stay"].map((name) => count(tables, name)));
				return left.join() === "2,0,0,1";
			}, 60_000);
			assert.equal(await count(tables, "/long"), 1);
			const [[rooms]] = await tables.run(`SELECT count(*) FROM message_rooms r WHERE r.nsp = ${nsp};`);
			assert.equal(rooms, "1");
			assert.deepEqual(await tables.run(`SELECT count(*) FROM message_counts c WHERE NOT EXISTS
				(SELECT 1 FROM messages m WHERE m.no = c.no);`), [["0"]]);
			if (kind === "SQLite") {
				assert.deepEqual(await tables.run(`SELECT count(*) FROM search WHERE search MATCH '"${nsp}/旧"';`), [["1"]]);
				await tables.run("INSERT INTO search (search) VALUES ('integrity-check');");
			}
		});
	});
}

test("what waits has a bound, beyond which it is lost and counted", async () => {
	const dir = mkdtempSync(path.join(tmpdir(), "light-push-archive-"));
	const url = `sqlite:${dir}/archive.db`;
	const stack = await startStack({ connectors: 1, set: { ...SET, archive: url, archive_backlog_max: "1000", push_log_max_length: "1000" } });
	try {
		const tables = new ArchiveTables(url);
		await until("the tables are there", () => tables.made(), 20_000);
		const owner = await stack.namespace("/bound");
		await owner.post("/api/auth/push", { room: "r", pushData: { first: true } });
		await until("it is there", async () => await count(tables, "/bound") === 1, 20_000);
		const begin = performance.now();
		await kinds.SQLite.pause(url);
		const load = new Load(owner, 100_000);
		await until("more than it holds", () => load.ledger.size > 6000, 60_000);
		const pushed = (await load.end()).size + 1;
		await until("it says so", async () => await metric(stack, "worker-1", "archive_away") === 1, 30_000);
		assert.match(readFileSync(path.join(stack.dir, "log/worker-1.log"), "utf8"), /error worker archive: others hold it/);
		const overview = async () => (await stack.admin.get("/api/admin/overview")).archive;
		const { kind, waiting } = await until("the overview says so", async () => {
			const archive = await overview();
			return archive.state === "away" && archive;
		}, 30_000);
		assert.deepEqual([kind, waiting <= 1], ["sqlite", true]);
		await kinds.SQLite.resume();
		// What a worker had in hand for 15 s counts as lost, and is written all the same.
		const exact = performance.now() - begin < 12_000;
		await until("all that is left is there", async () => {
			const lost = await metric(stack, "worker-1", "archive_lost_total");
			const sum = await count(tables, "/bound") + lost;
			return lost > 0 && (exact ? sum === pushed : sum >= pushed);
		}, 60_000);
		await until("it is not away", async () => await metric(stack, "worker-1", "archive_away") === 0, 30_000);
		await until("nor for the overview", async () => {
			const { state, lost } = await overview();
			return state === "ok" && lost === await metric(stack, "worker-1", "archive_lost_total");
		}, 30_000);
		assert.equal(await stack.terminate("worker-1"), 0);
		await until("no worker keeps it", async () => (await overview()).state === "no_worker", 20_000);
	} finally {
		await stack.stop();
		rmSync(dir, { recursive: true });
	}
});

test("the disk is full, and then is not", async (t) => {
	const dir = mkdtempSync(path.join(tmpdir(), "light-push-full-"));
	if (spawnSync("mount", ["-t", "tmpfs", "-o", "size=3m", "none", dir]).status !== 0) {
		rmSync(dir, { recursive: true });
		t.skip("no tmpfs can be mounted here");
		return;
	}
	const url = `sqlite:${dir}/archive.db`;
	const stack = await startStack({ connectors: 1, set: { ...SET, archive: url } });
	try {
		const tables = new ArchiveTables(url);
		await until("the tables are there", () => tables.made(), 20_000);
		const owner = await stack.namespace("/full");
		const load = new Load(owner, 4000);
		await until("it is full", async () => await metric(stack, "worker-1", "archive_away") === 1, 60_000);
		assert.match(readFileSync(path.join(stack.dir, "log/worker-1.log"), "utf8"), /error worker archive: its disk is full/);
		const ledger = await load.end();
		spawnSync("mount", ["-o", "remount,size=100m", dir]);
		await expectLedger(tables, "/full", ledger);
	} finally {
		await stack.stop();
		spawnSync("umount", [dir]);
		rmSync(dir, { recursive: true });
	}
});
