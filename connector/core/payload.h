/* What a client sends with an event: one JSON object, read with care. */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include "common/lp_buf.h"
#include "common/lp_json.h"
#include "connector/engine/socket.h"

/* Values in it at most; it takes some tens of ms to read so many. */
#define PAYLOAD_VALUES_MAX 20000

/* The first argument, when it is an object, and not too large a one; NULL otherwise. The caller puts
 * it. */
struct json_object *payload_read(const struct socket_event *ev);
/* The member, NULL when absent or null. Borrowed. */
struct json_object *payload_member(struct json_object *payload, const char *name);
/*
 * A member that is text, or a number, as text: appended, at most max bytes. LP_ENOENT: absent or
 * null, LP_EINVAL: anything else.
 */
int payload_text(struct json_object *payload, const char *name, size_t max,
		 struct lp_buf *out) LP_MUSTCHECK;
/*
 * A number, also as decimal text, from min to max. LP_ENOENT: absent, null or empty text;
 * LP_EINVAL: anything else.
 */
int payload_number(struct json_object *payload, const char *name, double min, double max,
		   double *out) LP_MUSTCHECK;

#endif
