-- The archive. docs/ARCHIVE.md explains the tables.

-- Namespaces by small numbers, at most 16383 of them.
CREATE TABLE namespaces (
	nsp smallint PRIMARY KEY,
	name text NOT NULL UNIQUE
);

-- The words of a text, as common/archive/words.h cuts them, and the stretches of time that it is in,
-- of 35 minutes, 9 hours, 6 and 99 days: a search goes through one after the other, so a word that is
-- in all messages costs no more than one that is in some. Each has the number of its namespace in
-- front, so what the others have costs nothing at all. data is JSON: a backslash and what follows
-- are no word. What the parser would keep together is separated here; other punctuation it drops
-- itself, where the database's locale is one for UTF-8. (To name it all here, or the characters
-- beyond U+FFFF, takes twice the time. The way over the vector's text, 'a' 'b', takes no longer than
-- to put two vectors together; functions that name each word take several times as long. Without the
-- casts to text PostgreSQL would call it as a function of its own, since || of other types is not
-- immutable.)
CREATE FUNCTION archive_words(nsp smallint, no bigint, data text) RETURNS tsvector
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT replace(' ''@43/' || (no >> 43)::text || ''' ''@47/' || (no >> 47)::text ||
		''' ''@51/' || (no >> 51)::text || ''' ''@55/' || (no >> 55)::text || ''' ' ||
		strip(to_tsvector('simple', translate(
		regexp_replace(left(data, 8192), '\\.|([\u2e80-\ud7ff\uf900-\ufaff\uff00-\uffdc])', ' \1 ', 'g'),
		'<>&@./:_+-~', '           ')))::text,
		' ''', ' ''' || nsp::text || '/')::tsvector
$$;

-- What finds the messages in the stretch of 2 ^ shift numbers that no is in, and those with words, as
-- words_query() makes them. Both are asked for, one beside the other and the stretch first: then the
-- index leaps to it, and ends where one of the two does; of both in one it would go through each
-- message of the rarer one. (What the parser takes apart, it would look for as a phrase; but places of
-- words are not kept.)
CREATE FUNCTION archive_stretch(nsp smallint, shift smallint, no bigint) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT ('''' || nsp::text || '/@' || shift::text || '/' || (no >> shift)::text || '''')::tsquery
$$;
CREATE FUNCTION archive_query(nsp smallint, words text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
	SELECT regexp_replace(regexp_replace(to_tsquery('simple', words)::text, '<[^>]*>', '&', 'g'),
		'''([^'']+)''', '''' || nsp::text || '/\1''', 'g')::tsquery
$$;

-- Messages. no is made of what a message is told by: (sent - 1577836800000) << 22 | nsp << 8 | id & 255,
-- sent in ms since 1970, so it is in the order of time. The other columns are the fields of the
-- message record; data is pushData, leave is leaveMessage (1, 0, NULL: not given).
-- except is the client that did not get it, or with = in front the one that alone did.
CREATE TABLE messages (
	no bigint NOT NULL,
	id bigint NOT NULL,
	nsp smallint NOT NULL,
	leave smallint,
	cancel smallint,
	room text NOT NULL,
	data text NOT NULL,
	expire text NOT NULL,
	apns_name text,
	rooms text,
	"except" text,
	"from" text,
	extra text,
	PRIMARY KEY (nsp, no) WITH (fillfactor = 100)
);
-- Numbers in place of several columns take a fifth to a third less.
CREATE INDEX messages_by_id ON messages ((id << 14 | nsp)) WITH (fillfactor = 100);
CREATE INDEX messages_by_room ON messages (hashtextextended(room, nsp), no);
CREATE INDEX messages_by_apns ON messages (nsp, apns_name, no) WHERE apns_name IS NOT NULL;
CREATE INDEX messages_by_leave ON messages (nsp, leave, no) WHERE leave IS NOT NULL;
CREATE INDEX messages_search ON messages USING gin (archive_words(nsp, no, data));

-- The further rooms of messages with several.
CREATE TABLE message_rooms (
	nsp smallint NOT NULL,
	room text NOT NULL,
	no bigint NOT NULL,
	PRIMARY KEY (nsp, room, no)
);

-- What became of the messages; no row: nothing. offline: fields of the record (result, apnsCount, ...)
-- as a JSON object.
CREATE TABLE message_counts (
	no bigint PRIMARY KEY,
	online_web integer,
	online_ios integer,
	online_android integer,
	ack_web integer,
	ack_ios integer,
	ack_android integer,
	offline text
) WITH (fillfactor = 80);

-- Counters by the quarter of an hour (900 s, counted from 1970) in which a message was accepted.
CREATE TABLE stats (
	nsp smallint NOT NULL,
	quarter bigint NOT NULL,
	pushed bigint NOT NULL,
	online bigint NOT NULL,
	ack_web bigint NOT NULL,
	ack_ios bigint NOT NULL,
	ack_android bigint NOT NULL,
	offline bigint NOT NULL,
	PRIMARY KEY (nsp, quarter)
);

-- Clients that came and went (the setting archive_clients). time in ms since 1970; seq tells those of
-- one ms apart; reason NULL: it came.
CREATE TABLE client_events (
	nsp smallint NOT NULL,
	time bigint NOT NULL,
	seq bigint NOT NULL,
	client text NOT NULL,
	user_id text NOT NULL,
	platform text NOT NULL,
	reason text,
	PRIMARY KEY (nsp, time, seq)
);
CREATE INDEX client_events_by_client ON client_events (nsp, client, time, seq);
CREATE INDEX client_events_by_user ON client_events (nsp, user_id, time, seq);

-- The messages as one would ask for them by hand.
CREATE VIEW history AS
SELECT
	n.name AS namespace, m.id,
	to_timestamp(((m.no >> 22) + 1577836800000) / 1000.0) AS sent,
	m.room, m.data, m.leave, m.apns_name, m.rooms,
	coalesce(c.online_web, 0) + coalesce(c.online_ios, 0) + coalesce(c.online_android, 0) AS online,
	coalesce(c.ack_web, 0) + coalesce(c.ack_ios, 0) + coalesce(c.ack_android, 0) AS ack,
	c.offline
FROM messages m
JOIN namespaces n ON n.nsp = m.nsp
LEFT JOIN message_counts c ON c.no = m.no;
