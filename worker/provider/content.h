/*
 * What a push says, taken from its pushData once for all devices: the text that people see, and
 * the parts that are for one provider only. No I/O.
 *
 *     apsData   the APNs payload: {"aps": {...}, ...}, or as light-push 1.x had it, the members of
 *               aps and those beside it in one object, the latter also under "payload"
 *     fcmData   members of the FCM message
 *     webData   what the service worker gets
 */
#ifndef CONTENT_H
#define CONTENT_H

#include <json-c/json.h>
#include <stdbool.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"

struct content {
	struct json_object *data;    /* pushData without those three; may be NULL */
	struct json_object *payload; /* for APNs, with an alert */
	struct json_object *fcm;     /* NULL: there is none */
	struct json_object *web;     /* NULL: there is none */
	struct lp_str title, body;   /* of the alert, borrowed; either may be empty */
	bool background;             /* content-available and nothing to be seen or heard */
};

/* Any text: what can not be read is an empty object. alert: for a push that brings none. */
void content_read(struct content *c, struct lp_str push_data, const char *alert);
void content_clear(struct content *c);

/*
 * Appends {"id", "room", "namespace", "title"?, "body"?, "pushData"?} as JSON; pushData is left
 * out when the text would be longer than max. as_texts: pushData is a string with JSON in it, as
 * FCM's data wants it, and title and body are left out.
 */
struct content_ids {
	struct lp_str nsp, id, room;
};
void content_default(struct lp_buf *out, const struct content *c, const struct content_ids *ids,
		     bool as_texts, size_t max);

#endif
