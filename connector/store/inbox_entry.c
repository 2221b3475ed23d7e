#include "config.h"

#include <hiredis/hiredis.h>

#include "common/model/log_position.h"
#include "connector/store/inbox_entry.h"

/* The fields of an entry, see docs/REDIS.md. */
struct fields {
	struct lp_str k, n, r, o, i, x, l, e, c, s, t, j, b;
};

/* All digits, fits; the whole of s. */
static bool number(struct lp_str s, uint64_t *out)
{
	uint64_t n = 0;

	if (s.n == 0 || s.n > 19)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	}
	*out = n;
	return true;
}

static struct lp_str text(const redisReply *r)
{
	return r->type == REDIS_REPLY_STRING ? lp_str(r->str, (size_t)r->len) : lp_str(NULL, 0);
}

static struct fields read_fields(const redisReply *list)
{
	struct fields f = {0};

	for (size_t i = 0; i + 1 < list->elements; i += 2) {
		struct lp_str name = text(list->element[i]);
		struct lp_str value = text(list->element[i + 1]);

		switch (name.n == 1 ? name.p[0] : 0) {
		case 'k':
			f.k = value;
			break;
		case 'n':
			f.n = value;
			break;
		case 'r':
			f.r = value;
			break;
		case 'o':
			f.o = value;
			break;
		case 'i':
			f.i = value;
			break;
		case 'x':
			f.x = value;
			break;
		case 'l':
			f.l = value;
			break;
		case 'e':
			f.e = value;
			break;
		case 'c':
			f.c = value;
			break;
		case 's':
			f.s = value;
			break;
		case 't':
			f.t = value;
			break;
		case 'j':
			f.j = value;
			break;
		case 'b':
			f.b = value;
			break;
		}
	}
	return f;
}

/* The serial in <owner>/<serial>; false when it is not this owner's. */
static bool own_serial(struct lp_str s, struct lp_str owner, uint64_t *serial)
{
	return lp_str_starts(s, owner) && s.n > owner.n && s.p[owner.n] == '/' &&
	       number(lp_str_from(s, owner.n + 1), serial);
}

static bool decode_event(struct inbox_entry *e, const struct fields *f)
{
	e->room = f->r;
	e->except = f->x;
	e->event = f->e;
	return f->r.n && f->e.n;
}

static bool decode_push(struct inbox_entry *e, const struct fields *f, struct lp_str owner)
{
	(void)owner;
	e->others = f->o;
	e->log_position = log_position_parse(f->l);
	return decode_event(e, f) && number(f->i, &e->number);
}

static bool decode_emit(struct inbox_entry *e, const struct fields *f, struct lp_str owner)
{
	(void)owner;
	return decode_event(e, f);
}

static bool decode_transfer(struct inbox_entry *e, const struct fields *f, struct lp_str owner)
{
	(void)owner;
	e->room = f->t;
	e->sources = f->s;
	e->join = lp_str_eq(f->j, LP_STR("join"));
	return f->t.n && f->s.n && (e->join || lp_str_eq(f->j, LP_STR("leave")));
}

/* Of one connection of a client. */
static bool decode_client(struct inbox_entry *e, const struct fields *f, struct lp_str owner)
{
	e->client = f->c;
	return f->c.n && own_serial(f->s, owner, &e->number);
}

static bool decode_expel(struct inbox_entry *e, const struct fields *f, struct lp_str owner)
{
	(void)owner;
	e->clients = f->c;
	e->event = f->e;
	return f->c.n && f->e.n;
}

static bool decode_limits(struct inbox_entry *e, const struct fields *f, struct lp_str owner)
{
	(void)owner;
	return number(f->i, &e->number) && number(f->r, &e->rooms) && number(f->b, &e->bytes);
}

static bool decode_nothing(struct inbox_entry *e, const struct fields *f, struct lp_str owner)
{
	(void)e;
	(void)f;
	(void)owner;
	return true;
}

static const struct {
	const char *name;
	enum inbox_kind kind;
	bool (*decode)(struct inbox_entry *e, const struct fields *f, struct lp_str owner);
} kinds[] = {
	{"push", INBOX_PUSH, decode_push},
	{"emit", INBOX_EMIT, decode_emit},
	{"transfer", INBOX_TRANSFER, decode_transfer},
	{"kick", INBOX_KICK, decode_client},
	{"unread", INBOX_UNREAD, decode_client},
	{"expel", INBOX_EXPEL, decode_expel},
	{"offline", INBOX_OFFLINE, decode_nothing},
	{"made", INBOX_MADE, decode_nothing},
	{"limits", INBOX_LIMITS, decode_limits},
};

static int decode_fields(struct inbox_entry *e, const struct fields *f, struct lp_str owner)
{
	if (lp_str_eq(f->k, LP_STR("hello"))) {
		e->kind = INBOX_HELLO;
		return LP_OK;
	}
	e->nsp = f->n;
	for (size_t i = 0; f->n.n && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!lp_str_eq(f->k, lp_cstr(kinds[i].name)))
			continue;
		e->kind = kinds[i].kind;
		return kinds[i].decode(e, f, owner) ? LP_OK : LP_EPROTO;
	}
	return LP_EPROTO;
}

int inbox_entry_decode(struct inbox_entry *e, const struct redisReply *entry, struct lp_str owner)
{
	struct fields f;
	struct lp_str id;

	*e = (struct inbox_entry){0};
	if (entry->elements != 2)
		return LP_EPROTO;
	id = text(entry->element[0]);
	id.n = lp_str_find(id, '-');
	if (!number(id, &e->position) || entry->element[1]->type != REDIS_REPLY_ARRAY)
		return LP_EPROTO;
	f = read_fields(entry->element[1]);
	return decode_fields(e, &f, owner);
}
