/*
 * One push as a caller asks for it: checked, and in the two forms it is stored in, the fields of
 * its record and the text of the event that clients get. Pure; the id and the time come from Redis.
 *
 * A message may go to several rooms: its event then names the first one, and a connector puts the
 * room by which a client gets it in that place (push_msg_event_room()).
 */
#ifndef PUSH_MSG_H
#define PUSH_MSG_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"
#include "common/model/ident.h"

struct push_limits {
	double expire_h;     /* when the caller gives none */
	double expire_max_h; /* longest that may be asked for */
	size_t aps_max;      /* bytes of pushData.apsData, with leaveMessage */
	size_t rooms_max;    /* rooms of one message */
};

/* In the order in which a caller is told: the namespace's own state comes at PUSH_MSG_LATE. */
enum push_msg_error {
	PUSH_MSG_OK,
	PUSH_MSG_ROOM_EMPTY,
	PUSH_MSG_ROOM_INVALID,
	PUSH_MSG_ROOMS_INVALID, /* no array of names, or too many */
	PUSH_MSG_DATA_INVALID,  /* pushData absent, or neither object nor array */
	PUSH_MSG_EXCEPT_INVALID,
	PUSH_MSG_ONLY_INVALID,
	PUSH_MSG_LATE, /* no error: what follows is told after "namespace offline" */
	PUSH_MSG_EXPIRE_INVALID,
	PUSH_MSG_APS_TOO_LARGE,
};

/* Zero-initialised is valid; push_msg_clear() when done. Texts live as long as body. */
struct push_msg {
	struct lp_str room;    /* the first of them */
	struct lp_str *others; /* the further ones, each once; borrowed as room is */
	size_t other_count;
	struct lp_str except;   /* client id; empty for none */
	struct lp_str only;     /* client id that alone gets it; empty for all */
	struct lp_buf data;     /* pushData, the whole text */
	struct lp_buf data_out; /* pushData without apsData; empty when it has none */
	struct lp_buf from, extra, apns_name, expire; /* texts as stored */
	bool has_from, has_extra, has_apns_name, has_leave, has_rooms;
	bool leave;  /* leaveMessage */
	bool cancel; /* cancel_on_ack */
	bool lost;   /* extra "lost": nobody gets it online */
	int64_t expire_s;
};

/*
 * Fills m from the parsed body. text is the JSON text that body was parsed from, from which
 * pushData is taken verbatim, or empty when body was not made from JSON text.
 */
enum push_msg_error push_msg_parse(struct push_msg *m, struct json_object *body, struct lp_str text,
				   const struct ident_rules *rules,
				   const struct push_limits *limits) LP_MUSTCHECK;
void push_msg_clear(struct push_msg *m);

/* Appends the event text up to where ,"sendDate":<ms>,"id":<id>}] follows. */
void push_msg_event(struct lp_buf *out, const struct push_msg *m, struct lp_str nsp);

/* Appends the further rooms as a JSON array; nothing when there are none. */
void push_msg_others(struct lp_buf *out, const struct push_msg *m);

/* Appends for whom in the rooms it is, as logs and inboxes have it: see push_msg_for(). */
void push_msg_addressee(struct lp_buf *out, const struct push_msg *m);

/* What push_msg_addressee() made: empty for all, a client id for all but that one, or only it. */
struct push_for {
	struct lp_str client; /* borrowed; empty for none */
	bool only;
};

/* In front of the one that alone gets it; a client id begins with '/'. */
#define PUSH_MSG_ONLY '='

static inline struct push_for push_msg_for(struct lp_str addressee)
{
	bool only = addressee.n && addressee.p[0] == PUSH_MSG_ONLY;

	return (struct push_for){only ? lp_str_from(addressee, 1) : addressee, only};
}

/*
 * Calls field(arg, name, value) for each field of the record that the request decides.
 */
void push_msg_fields(const struct push_msg *m, struct lp_str nsp,
		     void (*field)(void *arg, const char *name, struct lp_str value), void *arg);

/* Appends, as a JSON object of texts, the fields of the record that the event does not show. */
void push_msg_archive(struct lp_buf *out, const struct push_msg *m);

/*
 * The event of a message with several rooms, as a client gets it by another room than the first
 * one: appends event with `to` in the place of `from`. LP_EPROTO when it does not begin as
 * push_msg_event() makes it with `from`.
 */
int push_msg_event_room(struct lp_buf *out, struct lp_str event, struct lp_str from,
			struct lp_str to) LP_MUSTCHECK;

/* A flag of a request: true unless absent, null, false, 0, "", "0" or "false". */
bool push_msg_flag(struct json_object *value);

#endif
