// What the archive gives back: the same on SQLite and on PostgreSQL. Most messages are written into
// its tables as of long ago; some go through the whole stack.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";

import { ArchiveTables } from "./lib/archive.mjs";
import { connectClient, versions } from "./lib/client.mjs";
import { ApiProcess } from "./lib/fcgi.mjs";
import { startPostgres } from "./lib/postgres.mjs";
import { basic, request } from "./lib/rest.mjs";
import { startStack } from "./lib/stack.mjs";
import { until } from "./lib/wait.mjs";

const NAMESPACE = "/history";
const OTHER = "/history-other";
const COUNT = 12_000;
const DAY = 86_400_000;
// One in 5 min, so over 41 days: until yesterday.
const STEP = 300_000;
const BEGIN = Math.floor(Date.now() / DAY) * DAY - DAY - COUNT * STEP;

const TITLES = ["您的订单已发货", "退款已到账,请查收", "Your parcel is on its way", "=HYPERLINK(\"http://evil\")",
	"two\nlines", "comma, \"quotes\" and 'others'", "@SUM(A1)", "Ärger mit ÖPNV"];

// Message number i, from the oldest.
function message(i) {
	const rooms = i % 50 === 3 ? [`room${i % 20}`, "further", `room${(i + 1) % 20}`] : undefined;
	return {
		id: i + 1,
		sent: BEGIN + i * STEP,
		room: `room${i % 20}`,
		rooms,
		data: JSON.stringify({ title: TITLES[i % TITLES.length], n: i, common: true, tag: i % 1000 === 7 ? "rare" : "usual" }),
		leave: i % 4 === 0 ? 1 : i % 4 === 1 ? 0 : null,
		apnsName: i % 30 === 0 ? "app" : null,
		online: i % 3 ? 10 + (i % 5) : 0,
		ack: i % 3 ? i % 5 : 0,
	};
}
const ledger = Array.from({ length: COUNT }, (_, i) => message(i));

const inRoom = (one, room) => one.room === room || Boolean(one.rooms?.includes(room));
// What is asked for, and which messages that are.
const questions = [
	["", () => true],
	["room=room4", (one) => inRoom(one, "room4")],
	["room=further", (one) => inRoom(one, "further")],
	["room=nothing", () => false],
	[`from=${BEGIN + 100 * STEP}`, (one) => one.id > 100],
	[`to=${BEGIN + 100 * STEP}`, (one) => one.id <= 100],
	[`from=${new Date(BEGIN + 5000 * STEP).toISOString()}&to=${BEGIN + 5400 * STEP}`, (one) => one.id > 5000 && one.id <= 5400],
	["leaveMessage=true", (one) => one.leave === 1],
	["leaveMessage=false", (one) => one.leave !== 1],
	["apnsName=app", (one) => one.apnsName === "app"],
	["apnsName=app&room=room0&leaveMessage=1", (one) => one.apnsName && one.leave === 1 && inRoom(one, "room0")],
	["apnsName=none", () => false],
	["q=common", () => true],
	["q=COMMON", () => true],
	["q=rare", (one) => one.data.includes("\"rare\"")],
	["q=rare&room=room7", (one) => one.data.includes("\"rare\"") && inRoom(one, "room7")],
	["q=rare&room=room8", () => false],
	["q=usual&apnsName=app", (one) => one.data.includes("\"usual\"") && one.apnsName === "app"],
	["q=订单", (one) => one.data.includes("订单")],
	["q=单订", () => false],
	["q=已发货 订单", (one) => one.data.includes("订单")],
	["q=到账请查收", (one) => one.data.includes("退款")],
	["q=\"退款\"&room=room1", (one) => one.data.includes("退款") && inRoom(one, "room1")],
	["q=parcel&leaveMessage=0", (one) => one.data.includes("parcel") && one.leave !== 1],
	["q=ärger ÖPNV", (one) => one.data.includes("Ärger")],
	["q=parce", () => false],
	["q=n-77", (one) => one.id === 78],
	["q=nowhere", () => false],
	[`q=common&from=${BEGIN + 3000 * STEP}&to=${BEGIN + 3010 * STEP}`, (one) => one.id > 3000 && one.id <= 3010],
	[`room=room4&from=${BEGIN + 3000 * STEP}&to=${BEGIN + 3100 * STEP}&leaveMessage=1`,
		(one) => one.id > 3000 && one.id <= 3100 && inRoom(one, "room4") && one.leave === 1],
];

// All records, and how many pages they came in.
async function walk(api, query, size, between) {
	const list = [];
	let pages = 0;
	for (let cursor = ""; cursor !== null; pages++) {
		const answer = await api.get(encodeURI(`/api/auth/history?${query}&size=${size}&cursor=${cursor}`));
		assert.ok(answer.list.length <= size);
		list.push(...answer.list);
		cursor = answer.cursor;
		await between?.(pages);
	}
	return { list, pages };
}

// The lines of a CSV file as RFC 4180 has it, each an array of fields.
function parseCsv(text) {
	const lines = [[]];
	const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/y;
	while (field.lastIndex < text.length) {
		const [, quoted, plain, end] = field.exec(text);
		lines.at(-1).push(quoted === undefined ? plain : quoted.replaceAll("\"\"", "\""));
		if (end === "\r\n")
			lines.push([]);
	}
	return lines.slice(0, -1);
}

for (const kind of ["sqlite", "postgresql"]) {
	describe(kind, () => {
		let postgres;
		let stack;
		let owner;
		let other;
		let tables;
		let nsp;

		before(async () => {
			const set = { redis_timeout: "5s", api_threads: "8", timezone: "Asia/Kolkata", archive_clients: "true" };
			if (kind === "postgresql") {
				postgres = await startPostgres();
				set.archive = postgres.url;
			}
			stack = await startStack({ connectors: 1, archive: true, set });
			tables = new ArchiveTables(set.archive ?? `sqlite:${stack.dir}/archive.db`);
			owner = await stack.namespace(NAMESPACE);
			other = await stack.namespace(OTHER);
			await until("the tables are made", () => tables.made(), 20_000);
			nsp = await tables.namespace(NAMESPACE);
			await tables.write(nsp, ledger);
			await tables.write(await tables.namespace(OTHER), ledger.slice(0, 100).map((one) =>
				({ ...one, data: one.data.replace("common", "foreign") })));
		});

		after(async () => {
			await stack?.stop();
			await postgres?.stop();
		});

		test("every question is answered with what fits, newest first, on any size of pages", async () => {
			for (const [n, [query, fits]] of questions.entries()) {
				const wanted = ledger.filter(fits).map(({ id }) => `${id}`).reverse();
				const size = [500, 37, 120][n % 3];
				const { list, pages } = await walk(owner, query, size);
				assert.deepEqual(list.map(({ id }) => id), wanted, query);
				// A page looks at 100 messages at least, however slow the machine is.
				assert.ok(pages <= COUNT / 100 + wanted.length / size + 2, `${query}: ${pages} pages`);
			}
		});

		test("a page that is full to the brim is the last one when there are no more", async () => {
			const { list, cursor } = await owner.get(`/api/auth/history?to=${BEGIN + 20 * STEP}&size=20`);
			assert.equal(list.length, 20);
			assert.equal(cursor, null);
		});

		test("a phrase that is nowhere, though its words are everywhere, is looked for in pages that say how far they got", async () => {
			let reached = Date.now();
			let pages = 0;
			for (let cursor = ""; cursor !== null; pages++) {
				const answer = await owner.send("GET", `/api/auth/history?q=true-common&cursor=${cursor}`);
				assert.equal(answer.status, 200);
				assert.deepEqual(answer.json.list, []);
				cursor = answer.json.cursor;
				const searched = answer.headers["searched-back-to"];
				if (cursor === null) {
					assert.equal(searched, undefined);
				} else {
					assert.ok(Number(searched) < reached && Number(searched) >= BEGIN, searched);
					reached = Number(searched);
				}
			}
			assert.ok(pages <= COUNT / 100 + 1, `${pages} pages`);
			const { headers, json } = await owner.send("GET", "/api/auth/history?q=common-true&size=5");
			assert.equal(headers["searched-back-to"], json.list[4].sendDate);
		});

		test("what is another namespace's is not found, nor is its cursor good", async () => {
			assert.equal((await owner.get("/api/auth/history?q=foreign")).list.length, 0);
			const { list } = await walk(other, "q=foreign", 500);
			assert.equal(list.length, 100);
			assert.ok(list.every((one) => one.namespace === OTHER));
			const more = await other.get("/api/auth/history?size=5");
			await owner.refused("GET", `/api/auth/history?cursor=${more.cursor}`, undefined, 400,
				"cursor is not one of this query");
		});

		test("pages stay right while new messages come in", async () => {
			const before = ledger.map(({ id }) => `${id}`).reverse();
			let id = 1_000_000;
			const { list } = await walk(owner, "q=common", 500, async (page) => {
				if (page > 10)
					return;
				await tables.write(nsp, Array.from({ length: 7 }, () => ({ ...message(1), rooms: undefined, id: ++id, sent: Date.now() })));
			});
			assert.deepEqual(list.map((one) => one.id), before);
			await tables.run(`DELETE FROM messages WHERE nsp = ${nsp} AND id > 1000000;`);
		});

		test("what is wrong is refused with the reason", async () => {
			const { cursor } = await owner.get("/api/auth/history?room=room1&size=1");
			const rows = [
				["from=x", "from must be ms since 1970 or ISO 8601"],
				["to=2026-02-30", "to must be ms since 1970 or ISO 8601"],
				["from=5&to=4", "to must be later than from"],
				["size=0", "size must be a number from 1 to 500"],
				["size=501", "size must be a number from 1 to 500"],
				["size=many", "size must be a number from 1 to 500"],
				["leaveMessage=perhaps", "leaveMessage must be true or false"],
				["room=a%20b", "room invalid"],
				["q=%21%3F", "q has no word to look for"],
				[`q=${"a".repeat(201)}`, "q must be a text of at most 200 bytes"],
				["cursor=nonsense", "cursor is not one of this query"],
				[`cursor=${cursor}`, "cursor is not one of this query"],
				[`room=room2&cursor=${cursor}`, "cursor is not one of this query"],
				[`room=room1&q=a&cursor=${cursor}`, "cursor is not one of this query"],
			];
			for (const [query, msg] of rows)
				await owner.refused("GET", `/api/auth/history?${query}`, undefined, 400, msg);
			assert.equal((await owner.get(`/api/auth/history?room=room1&size=2&cursor=${cursor}`)).list.length, 2);
			await owner.refused("GET", "/api/auth/history/stat?by=minute", undefined, 400, "by must be day or hour");
			await owner.refused("GET", "/api/auth/history/stat?by=hour&from=0", undefined, 400,
				"from lies more than 1500 entries before to");
			await owner.refused("GET", "/api/auth/history/export?format=xml", undefined, 400, "format must be ndjson or csv");
			for (const id of ["0", "x", "99999999", "-1", "1%20"])
				await owner.refused("GET", `/api/auth/history/${id}`, undefined, 400, "this id not exists");
		});

		test("one message, field by field", async () => {
			const { n, ...one } = { n: 3, ...ledger[3] };
			assert.deepEqual(await owner.get(`/api/auth/history/${n + 1}`), {
				id: "4", namespace: NAMESPACE, room: "room3", rooms: JSON.stringify(one.rooms), pushData: one.data,
				sendDate: `${one.sent}`, expire: "1",
				onlineClientCount: "0", onlineWebCount: "0", onlineIOSCount: "0", onlineAndroidCount: "0",
				ackCount: "0", ackWebCount: "0", ackIOSCount: "0", ackAndroidCount: "0",
			});
			const other = await owner.get("/api/auth/history/5");
			assert.equal(other.leaveMessage, "true");
			assert.equal(other.onlineClientCount, "14");
			assert.equal(other.ackCount, "5");
			assert.equal(other.ackIOSCount, "1");
		});

		test("what was pushed is the record that Redis has, and stays when that has gone", async () => {
			const client = await connectClient(stack.connector(1),
				{ version: versions[0], namespace: NAMESPACE, identity: { uuid: "d", userid: "u", platform: "ios" } });
			await client.join(["live"]);
			const { id } = await owner.push("live", { text: "整条链路", n: 1 },
				{ from: "backend", leaveMessage: true, apnsName: "app", rooms: ["live", "also"], except: `${NAMESPACE}#x#web-y` });
			await until("the push", () => client.pushes.length === 1);
			client.socket.emit("ackPush", { id });
			const record = await until("the archive has it as Redis has it", async () => {
				const { list } = await owner.get(encodeURI("/api/auth/history?room=also&q=整条链路"));
				const { ackWebDetail, ackIOSDetail, ackAndroidDetail, ...live } = await owner.get(`/api/auth/report/push/${id}`);
				if (list.length !== 1 || list[0].ackIOSCount !== "1" || live.ackIOSCount !== "1")
					return false;
				assert.deepEqual(list[0], live);
				return live;
			}, 30_000);
			client.close();
			const [listed] = await owner.get("/api/auth/report/push?size=1");
			assert.deepEqual(listed, record);
			await stack.redis("DEL", `lp:{${NAMESPACE}}:msg:${id}`);
			assert.deepEqual(await owner.get(`/api/auth/history/${id}`), record);
			assert.deepEqual(await owner.get(`/api/auth/report/push/${id}?ackDetail=1`),
				{ ...record, ackWebDetail: [], ackIOSDetail: [], ackAndroidDetail: [] });
			assert.deepEqual((await owner.get("/api/auth/report/push?size=1"))[0], record);
			const { list: steps } = await owner.get(`/api/auth/report/push/${id}/timeline`);
			assert.deepEqual(steps, [{ time: Number(record.sendDate), event: "accepted", room: "live" }]);
			const as = `/api/admin/as/${encodeURIComponent(NAMESPACE)}`;
			assert.deepEqual(await stack.admin.get(`${as}/history/${id}`), record);
			assert.deepEqual(await stack.admin.get(`${as}/report/push/${id}`),
				{ ...record, ackWebDetail: [], ackIOSDetail: [], ackAndroidDetail: [] });
			assert.deepEqual((await stack.admin.get(`${as}/history?size=1`)).list[0], record);
		});

		test("who came and went, page by page", async () => {
			const at = `/api/auth/history/clients?from=${BEGIN}&to=${BEGIN + 400}`;
			const id = (i) => `${NAMESPACE}#user${i % 3}#web-${i % 6}`;
			const events = Array.from({ length: 1200 }, (_, i) => ({ time: BEGIN + Math.floor(i / 3), client: id(i), user: `user${i % 3}`,
				platform: "web", event: i % 2 ? "disconnect" : "connect", reason: i % 2 ? "kicked" : null }));
			await tables.run(`INSERT INTO client_events (nsp, time, seq, client, user_id, platform, reason) VALUES
				${events.map((one, i) => `(${nsp},${one.time},${i % 3},'${one.client}','${one.user}','web',${one.reason ? "'kicked'" : "NULL"})`).join(",")};`);
			for (const [query, size, fits] of [["", 500, () => true], ["", 7, () => true],
				[`user=user1`, 100, (one) => one.user === "user1"], [`client=${encodeURIComponent(id(4))}`, 33, (one) => one.client === id(4)],
				[`user=user2&client=${encodeURIComponent(id(4))}`, 20, () => false],
				[`to=${BEGIN + 10}`, 20, (one) => one.time < BEGIN + 10]]) {
				const list = [];
				for (let cursor = ""; cursor !== null;) {
					const page = await owner.get(`${query.startsWith("to") ? at.replace(/&to.*/, "") : at}&${query}&size=${size}&cursor=${cursor}`);
					assert.ok(page.list.length === size || page.cursor === null);
					list.push(...page.list);
					({ cursor } = page);
				}
				assert.deepEqual(list, events.filter(fits).reverse(), query);
			}
			const { cursor } = await owner.get(at);
			for (const [query, msg] of [["size=501", "size must be a number from 1 to 500"], ["user=a%20b", "user invalid"],
				["from=x", "from must be ms since 1970 or ISO 8601"], [`cursor=${cursor}`, "cursor is not one of this query"],
				["client=nobody", "client invalid"], [`client=${encodeURIComponent(`${OTHER}#u#web-1`)}`, "client invalid"]])
				await owner.refused("GET", `/api/auth/history/clients?${query}`, undefined, 400, msg);
			assert.deepEqual((await other.get("/api/auth/history/clients")).list, []);
		});

		test("a client that comes and goes is there, with why it went", async () => {
			const client = await connectClient(stack.connector(1),
				{ version: versions[0], namespace: NAMESPACE, identity: { uuid: "seen", userid: "u", platform: "ios" } });
			client.close();
			const one = { client: `${NAMESPACE}#u#ios-seen`, user: "u", platform: "ios" };
			const list = await until("the archive has both", async () => {
				const page = await owner.get(`/api/auth/history/clients?client=${encodeURIComponent(one.client)}`);
				return page.list.length === 2 && page.list;
			}, 30_000);
			const [gone, came] = list;
			assert.deepEqual(came, { ...one, time: came.time, event: "connect", reason: null });
			assert.deepEqual(gone, { ...one, time: gone.time, event: "disconnect", reason: gone.reason });
			assert.ok(gone.reason.length > 0 && came.time <= gone.time && gone.time <= Date.now() + 60_000);
		});

		test("an archive that keeps no clients says so", async () => {
			const api = await ApiProcess.start(stack, `no-clients-${kind}`, { archive: tables.url, archive_clients: "false" });
			const { status, json } = await api.request("GET", "/api/auth/history/clients",
				{ authorization: basic(NAMESPACE, `password of ${NAMESPACE}`) });
			assert.deepEqual([status, json.error], [503, "archive_clients_off"]);
			assert.equal(await api.stop(), 0);
		});

		test("what one client alone got says so", async () => {
			const only = `${NAMESPACE}#u#ios-d`;
			const { id } = await owner.push("live", { n: 2 }, { only });
			const record = await until("the archive has it", async () => {
				const { status, json } = await owner.send("GET", `/api/auth/history/${id}`);
				return status === 200 && json.pushData === '{"n":2}' && json;
			}, 30_000);
			assert.equal(record.only, only);
			assert.equal(record.except, undefined);
		});

		test("the counters by day and hour of the time zone add up", async () => {
			const first = Math.floor(BEGIN / DAY) * 96;
			const rows = Array.from({ length: 400 }, (_, i) => [nsp, first + i * 7, 5, 4, 1, 1, 1, 2].join(","));
			await tables.run(`DELETE FROM stats WHERE nsp = ${nsp} AND quarter < ${first + 10_000};
				INSERT INTO stats VALUES ${rows.map((row) => `(${row})`).join(",")};`);
			const span = `from=${first * 900_000}&to=${(first + 2800) * 900_000}`;
			for (const by of ["day", "hour"]) {
				const { list } = await owner.get(`/api/auth/history/stat?by=${by}&${span}`);
				const sum = (name) => list.reduce((all, one) => all + one[name], 0);
				assert.deepEqual(["pushed", "online", "ack", "ackWeb", "ackIOS", "ackAndroid", "offline"].map(sum),
					[2000, 1600, 1200, 400, 400, 400, 800], by);
				assert.ok(list.every(({ time }) => /T\d\d:00:00\+05:30$/.test(time)));
				const wanted = new Map();
				for (let i = 0; i < 400; i++) {
					const at = (first + i * 7) * 900_000 + 5.5 * 3_600_000;
					const key = new Date(at - at % (by === "day" ? DAY : 3_600_000)).toISOString().slice(0, 19);
					wanted.set(key, (wanted.get(key) ?? 0) + 5);
				}
				for (const { time, pushed } of list)
					assert.equal(pushed, wanted.get(time.slice(0, 19)) ?? 0, time);
			}
		});

		test("an export has all, a line each", async () => {
			const to = BEGIN + COUNT * STEP;
			const got = await owner.send("GET", `/api/auth/history/export?to=${to}`);
			assert.equal(got.status, 200);
			assert.match(got.headers["content-disposition"], /filename="history.ndjson"/);
			const lines = got.text.trimEnd().split("\n").map((line) => JSON.parse(line));
			assert.deepEqual(lines.map(({ id }) => id), ledger.map(({ id }) => `${id}`).reverse());
			const few = await owner.send("GET", encodeURI("/api/auth/history/export?q=rare&room=room7"));
			const [, fits] = questions.find(([query]) => query === "q=rare&room=room7");
			assert.equal(few.text.trimEnd().split("\n").length, ledger.filter(fits).length);
			assert.equal((await owner.send("GET", "/api/auth/history/export?q=nowhere")).text, "");
		});

		test("an export as CSV can be read again, and has no formulas", async () => {
			const got = await owner.send("GET", `/api/auth/history/export?format=csv&to=${BEGIN + 500 * STEP}`);
			assert.match(got.headers["content-type"], /^text\/csv/);
			assert.ok(got.text.startsWith("\ufeff"));
			const [names, ...lines] = parseCsv(got.text.slice(1));
			assert.equal(lines.length, 500);
			const { list } = await walk(owner, `to=${BEGIN + 500 * STEP}`, 500);
			for (const [i, line] of lines.entries()) {
				assert.equal(line.length, names.length);
				assert.deepEqual(Object.fromEntries(names.map((name, n) => [name, line[n]]).filter(([, value]) => value !== "")),
					Object.fromEntries(Object.entries(list[i]).filter(([, value]) => value !== "")));
			}
			await tables.write(nsp, [{ ...message(1), id: 900_001, sent: BEGIN - DAY, room: "-1+1", rooms: undefined }]);
			const { text } = await owner.send("GET", `/api/auth/history/export?format=csv&to=${BEGIN}`);
			assert.ok(text.includes(",\"'-1+1\","), text);
			await tables.run(`DELETE FROM messages WHERE nsp = ${nsp} AND id = 900001;`);
		});

		test("exports that nobody takes hold up nobody else, and their number is bound", async () => {
			// Straight to the program: a web server would take the answers.
			const api = await ApiProcess.start(stack, `slow-${kind}`, { archive: tables.url, api_threads: "8" });
			const authorization = basic(NAMESPACE, `password of ${NAMESPACE}`);
			const sleepers = [];
			const ask = (target) => api.request("GET", target, { authorization });
			for (let i = 0; i < 2; i++)
				sleepers.push(api.send("GET", "/api/auth/history/export", { authorization }));
			const [[head]] = await Promise.all(sleepers.map((socket) => once(socket, "data")));
			assert.doesNotMatch(`${head}`, /content-length/i);
			sleepers.forEach((socket) => socket.pause());
			await until("all places are taken", async () => {
				const { status, json } = await ask("/api/auth/history/export?q=nowhere");
				return status === 503 && json.error === "archive_busy";
			}, 20_000);
			assert.equal((await ask("/api/auth/history?size=1")).status, 200);
			for (const socket of sleepers)
				socket.destroy();
			await until("the places are free", async () =>
				(await ask("/api/auth/history/export?q=nowhere")).status === 200, 20_000);
			assert.equal(await api.stop(), 0);
		});

		for (const [name, program] of [["plans read no table from its beginning", "test_archive_sql"],
			["messages of the same number are all there", "test_archive_write"]]) {
			test(name, async () => {
				const env = { ...process.env };
				if (postgres)
					env.LP_TEST_POSTGRESQL = postgres.database(program);
				await promisify(execFile)(path.join(process.env.LP_BUILD ?? path.join(stack.dir, "build"), "tests/unit", program), [], { env });
			});
		}

		test("light-push-ctl lists it", async () => {
			const program = path.join(process.env.LP_BUILD ?? path.join(stack.dir, "build"), "light-push-ctl");
			const { stdout } = await promisify(execFile)(program, ["--config", path.join(stack.dir, "run/light-push.conf"),
				"--set", `archive=${tables.url}`, "--json", "history", NAMESPACE, "--room", "room4", "--size", "2"]);
			const { list, cursor } = JSON.parse(stdout);
			assert.deepEqual(list.map(({ id }) => id), ledger.filter((one) => inRoom(one, "room4")).map(({ id }) => `${id}`)
				.reverse().slice(0, 2));
			assert.ok(cursor);
		});

		test("an archive of a newer light-push is refused, with the reason", async () => {
			await tables.run("INSERT INTO migrations (version) VALUES (999);");
			const api = await ApiProcess.start(stack, `newer-${kind}`, { archive: tables.url });
			const { status, json } = await api.request("GET", "/api/auth/history",
				{ authorization: basic(NAMESPACE, `password of ${NAMESPACE}`) });
			assert.equal(status, 503);
			assert.deepEqual([json.error, json.msg], ["archive_unavailable", "the archive is that of a newer light-push"]);
			await tables.run("DELETE FROM migrations WHERE version = 999;");
			assert.equal(await api.stop(), 0);
		});

		test("a database that is away is told, at once, and found again", { skip: kind === "sqlite" }, async () => {
			const { id } = await owner.push("live", { n: 2 });
			await postgres.pause();
			for (let i = 0; i < 20; i++) {
				const answer = await owner.send("GET", "/api/auth/history");
				assert.equal(answer.status, 503);
				assert.equal(answer.json.error, "archive_unavailable");
				assert.equal((await owner.get(`/api/auth/report/push/${id}`)).id, `${id}`);
			}
			await postgres.resume();
			await until("it is found again", async () => (await owner.send("GET", "/api/auth/history")).status === 200, 20_000);
		});
	});
}

test("off: told as such, and the reports are those of Redis", async () => {
	const stack = await startStack({ connectors: 1 });
	try {
		const owner = await stack.namespace(NAMESPACE);
		const { id } = await owner.push("r", { a: 1 });
		for (const where of ["", "/1", "/stat", "/export", "/clients"]) {
			const answer = await request(stack.env.LP_WEB_URL, "GET", `/api/auth/history${where}`, { headers: owner.headers });
			assert.equal(answer.status, 503);
			assert.equal(answer.json.error, "archive_off");
		}
		assert.equal((await owner.get("/api/auth/report/push")).length, 1);
		await stack.redis("DEL", `lp:{${NAMESPACE}}:msg:${id}`);
		assert.equal((await owner.get("/api/auth/report/push")).length, 0);
		await owner.refused("GET", `/api/auth/report/push/${id}`, undefined, 400, "this id not exists");
	} finally {
		await stack.stop();
	}
});
