-- The archive. docs/ARCHIVE.md explains the tables.

-- Namespaces by small numbers, at most 16383 of them.
CREATE TABLE namespaces (
	nsp INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
);

-- Messages. no is made of what a message is told by: (sent - 1577836800000) << 22 | nsp << 8 | id & 255,
-- sent in ms since 1970, so it is in the order of time. The other columns are the fields of the
-- message record; data is pushData, leave is leaveMessage (1, 0, NULL: not given).
-- except is the client that did not get it, or with = in front the one that alone did.
CREATE TABLE messages (
	no INTEGER PRIMARY KEY,
	nsp INTEGER NOT NULL,
	id INTEGER NOT NULL,
	room TEXT NOT NULL,
	data TEXT NOT NULL,
	expire TEXT NOT NULL,
	leave INTEGER,
	apns_name TEXT,
	rooms TEXT,
	"except" TEXT,
	"from" TEXT,
	extra TEXT,
	cancel INTEGER
);
-- Each ends with no, the row's own number.
CREATE INDEX messages_by_time ON messages (nsp);
CREATE INDEX messages_by_id ON messages (nsp, id);
CREATE INDEX messages_by_room ON messages (nsp, room);
CREATE INDEX messages_by_apns ON messages (nsp, apns_name) WHERE apns_name IS NOT NULL;
CREATE INDEX messages_by_leave ON messages (nsp, leave) WHERE leave IS NOT NULL;

-- The further rooms of messages with several.
CREATE TABLE message_rooms (
	nsp INTEGER NOT NULL,
	room TEXT NOT NULL,
	no INTEGER NOT NULL,
	PRIMARY KEY (nsp, room, no)
) WITHOUT ROWID;

-- What became of the messages; no row: nothing. offline: fields of the record (result, apnsCount, ...)
-- as a JSON object.
CREATE TABLE message_counts (
	no INTEGER PRIMARY KEY,
	online_web INTEGER,
	online_ios INTEGER,
	online_android INTEGER,
	ack_web INTEGER,
	ack_ios INTEGER,
	ack_android INTEGER,
	offline TEXT
);

-- Words of data (common/archive/words.h) by no, each with the number of its namespace in front: 1/word.
CREATE VIRTUAL TABLE search USING fts5 (
	text,
	content = '',
	columnsize = 0,
	tokenize = "unicode61 remove_diacritics 0 tokenchars '/'"
);
-- Each transaction adds a part to the index; parts are merged once there are so many. (With the usual
-- 4 writing takes a third longer.)
INSERT INTO search (search, rank) VALUES ('automerge', 8);

-- Counters by the quarter of an hour (900 s, counted from 1970) in which a message was accepted.
CREATE TABLE stats (
	nsp INTEGER NOT NULL,
	quarter INTEGER NOT NULL,
	pushed INTEGER NOT NULL,
	online INTEGER NOT NULL,
	ack_web INTEGER NOT NULL,
	ack_ios INTEGER NOT NULL,
	ack_android INTEGER NOT NULL,
	offline INTEGER NOT NULL,
	PRIMARY KEY (nsp, quarter)
) WITHOUT ROWID;

-- Clients that came and went (the setting archive_clients). time in ms since 1970; seq tells those of
-- one ms apart; reason NULL: it came.
CREATE TABLE client_events (
	nsp INTEGER NOT NULL,
	time INTEGER NOT NULL,
	seq INTEGER NOT NULL,
	client TEXT NOT NULL,
	user_id TEXT NOT NULL,
	platform TEXT NOT NULL,
	reason TEXT,
	PRIMARY KEY (nsp, time, seq)
) WITHOUT ROWID;
CREATE INDEX client_events_by_client ON client_events (nsp, client, time, seq);
CREATE INDEX client_events_by_user ON client_events (nsp, user_id, time, seq);

-- The messages as one would ask for them by hand.
CREATE VIEW history AS
SELECT
	n.name AS namespace, m.id,
	datetime(((m.no >> 22) + 1577836800000) / 1000, 'unixepoch') AS sent,
	m.room, m.data, m.leave, m.apns_name, m.rooms,
	coalesce(c.online_web, 0) + coalesce(c.online_ios, 0) + coalesce(c.online_android, 0) AS online,
	coalesce(c.ack_web, 0) + coalesce(c.ack_ios, 0) + coalesce(c.ack_android, 0) AS ack,
	c.offline
FROM messages m
JOIN namespaces n ON n.nsp = m.nsp
LEFT JOIN message_counts c ON c.no = m.no;
