/* An entry of a namespace's log (P{namespace}:log) as a row of the archive. Pure. */
#ifndef ARCHIVE_ENTRY_H
#define ARCHIVE_ENTRY_H

#include <json-c/json.h>
#include <stdint.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"

/* What archive_take.lua returns of an entry, in this order; see lib/archive_entries.lua. */
enum archive_field {
	ARCHIVE_ENTRY,
	ARCHIVE_ID,
	ARCHIVE_ROOM,
	ARCHIVE_OTHERS,
	ARCHIVE_EXCEPT,
	ARCHIVE_EVENT,
	ARCHIVE_FURTHER,
	ARCHIVE_FIELDS
};

/* A message. Texts are in the fields it was made from, or its own; p is NULL for "not given". */
struct archive_message {
	int64_t no; /* archive_no.h; 0 until the namespace's number is known */
	int64_t nsp;
	struct lp_str nsp_name; /* for who reads it */
	int64_t id, sent;       /* sent: ms since 1970 */
	struct lp_str entry;
	struct lp_str room, others, except, expire, from, extra, apns_name;
	/* except: as push_msg_for() takes it, "=" and a client for one that alone gets it. */
	struct lp_buf data, rooms; /* pushData; all its rooms as a JSON array, empty for one */
	int leave;                 /* 1, 0, -1: not given */
	int cancel;                /* likewise */
	struct json_object *further;
};

/* fields stay as they are until the message is cleared. LP_EINVAL: it is no push. */
int archive_entry_read(struct archive_message *m,
		       const struct lp_str fields[ARCHIVE_FIELDS]) LP_MUSTCHECK;
void archive_entry_clear(struct archive_message *m);

/* What became of a message, from the fields of its record. */
struct archive_counts {
	int64_t no, nsp, id, sent;
	int64_t online[3], acks[3]; /* web, ios, android */
	struct lp_buf offline;      /* a JSON object; empty for nothing */
};

/* One field of the record; what does not count is left out. */
void archive_counts_add(struct archive_counts *c, struct lp_str name, struct lp_str value);
/* Ends the object. */
void archive_counts_end(struct archive_counts *c);
void archive_counts_clear(struct archive_counts *c);

#endif
