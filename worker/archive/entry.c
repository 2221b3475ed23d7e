#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/archive/words.h"
#include "common/lp_json.h"
#include "common/model/json_text.h"
#include "worker/archive/entry.h"

static bool number(struct lp_str s, int64_t *out)
{
	*out = 0;
	if (!s.n || s.n > 18)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		*out = *out * 10 + (s.p[i] - '0');
	}
	return true;
}

/* p stays NULL when it is not there. */
static struct lp_str text(struct json_object *further, const char *name)
{
	return lp_json_str(further, name);
}

static int flag(struct lp_str value)
{
	if (!value.p)
		return -1;
	return lp_str_eq(value, LP_STR("true"));
}

/* The event is ["push",{...}]: the object in it. */
static struct lp_str event_object(struct lp_str event)
{
	size_t at = lp_str_find(event, '{');

	event = lp_str_from(event, at);
	return event.n ? lp_str(event.p, event.n - 1) : event;
}

static int read_event(struct archive_message *m, struct lp_str event)
{
	struct lp_str object = event_object(event), data = text(m->further, "pushData"), sent;

	if (json_text_member(object, "sendDate", &sent) != LP_OK || !number(sent, &m->sent))
		return LP_EINVAL;
	/* The event lacks what is only for push providers; then the whole is in the other fields. */
	if (!data.p && json_text_member(object, "pushData", &data) != LP_OK)
		return LP_EINVAL;
	words_plain(&m->data, data);
	return LP_OK;
}

static void add_rooms(struct archive_message *m)
{
	if (m->others.n < 2)
		return;
	lp_buf_addc(&m->rooms, '[');
	lp_json_quote(&m->rooms, m->room);
	lp_buf_addc(&m->rooms, ',');
	lp_buf_adds(&m->rooms, lp_str_from(m->others, 1));
}

int archive_entry_read(struct archive_message *m, const struct lp_str fields[ARCHIVE_FIELDS])
{
	memset(m, 0, sizeof(*m));
	m->entry = fields[ARCHIVE_ENTRY];
	m->room = fields[ARCHIVE_ROOM];
	m->others = fields[ARCHIVE_OTHERS];
	if (fields[ARCHIVE_EXCEPT].n)
		m->except = fields[ARCHIVE_EXCEPT];
	if (!number(fields[ARCHIVE_ID], &m->id) ||
	    lp_json_parse(fields[ARCHIVE_FURTHER], &m->further) != LP_OK ||
	    read_event(m, fields[ARCHIVE_EVENT]) != LP_OK) {
		archive_entry_clear(m);
		return LP_EINVAL;
	}
	m->expire = text(m->further, "expire");
	m->from = text(m->further, "from");
	m->extra = text(m->further, "extra");
	m->apns_name = text(m->further, "apnsName");
	m->leave = flag(text(m->further, "leaveMessage"));
	m->cancel = flag(text(m->further, "cancel_on_ack"));
	add_rooms(m);
	return LP_OK;
}

void archive_entry_clear(struct archive_message *m)
{
	json_object_put(m->further);
	m->further = NULL;
	lp_buf_clear(&m->data);
	lp_buf_clear(&m->rooms);
}

/* <web>/<ios>/<android> */
static void add_delivered(struct archive_counts *c, struct lp_str value)
{
	for (size_t i = 0; i < 3; i++) {
		size_t slash = lp_str_find(value, '/');
		int64_t n;

		if (number(lp_str(value.p, slash), &n))
			c->online[i] += n;
		value = lp_str_from(value, slash + 1);
	}
}

void archive_counts_add(struct archive_counts *c, struct lp_str name, struct lp_str value)
{
	static const char *const acks[] = {"ackWebCount", "ackIOSCount", "ackAndroidCount"};
	static const char *const offline[] = {
		"result",          "apnsCount",    "apnsSuccessCount",   "fcmCount",
		"fcmSuccessCount", "webpushCount", "webpushSuccessCount"};

	if (lp_str_starts(name, LP_STR("@")))
		add_delivered(c, value);
	else if (lp_str_eq(name, LP_STR("sendDate")) && !number(value, &c->sent))
		c->sent = 0;
	for (size_t i = 0; i < 3; i++) {
		if (lp_str_eq(name, lp_cstr(acks[i])) && !number(value, &c->acks[i]))
			c->acks[i] = 0;
	}
	for (size_t i = 0; i < sizeof(offline) / sizeof(offline[0]); i++) {
		if (!lp_str_eq(name, lp_cstr(offline[i])) || !lp_utf8_valid(value))
			continue;
		lp_buf_addc(&c->offline, c->offline.len ? ',' : '{');
		lp_json_quote(&c->offline, name);
		lp_buf_addc(&c->offline, ':');
		lp_json_quote(&c->offline, value);
	}
}

void archive_counts_end(struct archive_counts *c)
{
	if (c->offline.len)
		lp_buf_addc(&c->offline, '}');
}

void archive_counts_clear(struct archive_counts *c)
{
	lp_buf_clear(&c->offline);
}
