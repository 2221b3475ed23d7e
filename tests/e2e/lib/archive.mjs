// The archive's tables, as its own client programs see them: sqlite3 and psql.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";

const EPOCH = 1_577_836_800_000n;

// The key of a message, as common/archive/archive_no.h makes it.
export function numberOf(sent, nsp, id) {
	return ((BigInt(sent) - EPOCH) << 22n) | (BigInt(nsp) << 8n) | (BigInt(id) & 255n);
}

const text = (value) => (value === undefined || value === null ? "NULL"
	: typeof value === "string" ? `'${value.replaceAll("'", "''")}'` : `${value}`);

// As common/archive/words.h cuts texts, with the number of their namespace, for what the tests write.
function words(nsp, data) {
	return data.toLowerCase().replace(/\\./gs, " ").replace(/[\u3041-\u9fff\uac00-\ud7ff]/g, " $& ")
		.replace(/[^\p{L}\p{N}]+/gu, " ").trim().replace(/[^ ]+/g, `${nsp}/$&`);
}

export class ArchiveTables {
	// url: the setting archive.
	constructor(url) {
		this.url = url;
		this.sqlite = url.startsWith("sqlite:");
	}

	// Runs statements; rows of columns as texts.
	async run(sql) {
		const [program, args] = this.sqlite
			? ["sqlite3", ["-bail", "-cmd", ".timeout 20000", "-list", "-separator", "\x1f", this.url.slice(7)]]
			: ["psql", ["-X", "-q", "-t", "-A", "-F", "\x1f", "-v", "ON_ERROR_STOP=1", this.url]];
		const child = promisify(execFile)(program, args, { maxBuffer: 1 << 28 });
		child.child.stdin.end(sql);
		const { stdout } = await child;
		return stdout.split("\n").filter(Boolean).map((line) => line.split("\x1f"));
	}

	// Whether a worker has made them.
	async made() {
		if (this.sqlite && !existsSync(this.url.slice(7)))
			return false; // sqlite3 would make it
		const found = await this.run("SELECT count(*) FROM stats;").catch(() => []);
		return found.length === 1;
	}

	// The number of a namespace, given to it if it has none.
	async namespace(name) {
		const [[nsp]] = await this.run(`INSERT INTO namespaces (nsp, name)
			SELECT (SELECT coalesce(max(nsp), 0) + 1 FROM namespaces), ${text(name)}
			WHERE NOT EXISTS (SELECT 1 FROM namespaces WHERE name = ${text(name)});
			SELECT nsp FROM namespaces WHERE name = ${text(name)};`);
		return Number(nsp);
	}

	// Writes messages as a worker would have: { id, sent, room, rooms, data, leave, apnsName, online, ack }.
	async write(nsp, messages) {
		const rows = (list, of) => list.map((one) => `(${of(one).map(text).join(",")})`).join(",\n");
		const statements = [];
		const add = (into, list, of) => {
			if (list.length > 0)
				statements.push(`INSERT INTO ${into} VALUES ${rows(list, of)};`);
		};
		const no = (one) => numberOf(one.sent, nsp, one.id);
		for (let at = 0; at < messages.length; at += 2000) {
			const part = messages.slice(at, at + 2000);
			add("messages (no, id, nsp, room, data, expire, leave, apns_name, rooms)", part, (one) => [no(one), one.id, nsp,
				one.room, one.data, "1", one.leave, one.apnsName, one.rooms && JSON.stringify(one.rooms)]);
			add("message_rooms (nsp, room, no)", part.flatMap((one) => (one.rooms ?? []).slice(1).map((room) =>
				({ no: no(one), room }))), (one) => [nsp, one.room, one.no]);
			add("message_counts (no, online_web, ack_web, ack_ios)", part.filter((one) => one.online), (one) => [no(one),
				one.online, one.ack, 1]);
			if (this.sqlite)
				add("search (rowid, text)", part, (one) => [no(one), words(nsp, one.data)]);
		}
		await this.run(`BEGIN;\n${statements.join("\n")}\nCOMMIT;\n`);
	}
}
