#include "config.h"

#include <hiredis/hiredis.h>
#include <string.h>

#include "common/lp_mem.h"
#include "worker/offline/device.h"

/* Tokens of one device that are looked at. */
#define TOKENS_MAX 16u
/* Tokens of a device that one entry can have: in device_token and in device_token:<its name>. */
#define TOKENS_OF_ENTRY 2u

static struct lp_str text_at(const redisReply *row, size_t i)
{
	const redisReply *r = row->element[i];

	return r->type == REDIS_REPLY_STRING ? lp_str(r->str, (size_t)r->len) : lp_str(NULL, 0);
}

static struct lp_str keep(char **at, struct lp_str s)
{
	struct lp_str kept = lp_str(*at, s.n);

	if (s.n)
		memcpy(*at, s.p, s.n);
	*at += s.n;
	return kept;
}

struct offline_device *offline_device_read(const redisReply *row)
{
	struct offline_device *d;
	size_t tokens, bytes = 0;
	char *at;

	if (row->type != REDIS_REPLY_ARRAY || row->elements < 2)
		return NULL;
	tokens = (row->elements - 2) / 2;
	if (tokens > TOKENS_MAX)
		tokens = TOKENS_MAX;
	for (size_t i = 0; i < 2 + 2 * tokens; i++)
		bytes += text_at(row, i).n;
	d = lp_xcalloc(1, sizeof(*d) + tokens * sizeof(d->tokens[0]) + bytes);
	d->token_count = tokens;
	at = (char *)&d->tokens[tokens];
	d->client = keep(&at, text_at(row, 0));
	d->lines = keep(&at, text_at(row, 1));
	for (size_t i = 0; i < tokens; i++) {
		d->tokens[i].field = keep(&at, text_at(row, 2 + 2 * i));
		d->tokens[i].token = keep(&at, text_at(row, 3 + 2 * i));
	}
	return d;
}

/* The n-th word of a line, from 0. */
static struct lp_str word(struct lp_str line, unsigned n)
{
	while (n--)
		line = lp_str_from(line, lp_str_find(line, ' ') + 1);
	return lp_str(line.p, lp_str_find(line, ' '));
}

/*
 * Whether there is no use in asking the entry of that name any more: it has refused the message, or
 * said of as many tokens that they are gone. A token that is gone is out of the record, so one that
 * is there is another one.
 */
static bool tried(struct lp_str lines, struct lp_str name)
{
	unsigned gone = 0;

	while (lines.n) {
		struct lp_str line = lp_str(lines.p, lp_str_find(lines, '\n'));
		struct lp_str what = word(line, 1);

		if (lp_str_eq(word(line, 2), name)) {
			gone += lp_str_eq(what, LP_STR("gone"));
			if (gone == TOKENS_OF_ENTRY || lp_str_eq(what, LP_STR("refused")))
				return true;
		}
		lines = lp_str_from(lines, line.n + 1);
	}
	return false;
}

static const struct provider_entry *find_apns(const struct provider_set *set, struct lp_str name)
{
	const struct provider_entry *e = set ? provider_set_find(set, name) : NULL;

	return e && e->type == PROVIDER_APNS ? e : NULL;
}

static const struct provider_entry *entry_of(struct lp_str field, const struct provider_set *own,
					     const struct provider_set *root,
					     struct lp_str apns_name)
{
	const struct lp_str fallback = LP_STR("default");
	const struct provider_entry *e;

	if (lp_str_starts(field, LP_STR("device_token:")))
		return provider_set_find(own, lp_str_from(field, strlen("device_token:")));
	if (!apns_name.n)
		apns_name = fallback;
	e = find_apns(own, apns_name);
	if (!e)
		e = find_apns(root, apns_name);
	return e ? e : find_apns(root, fallback);
}

/* The place of a type in the order; behind all others when it has none. */
static size_t rank(enum provider_type type, const char *order)
{
	struct lp_str rest = lp_cstr(order);
	size_t at = 0;

	while (rest.n) {
		struct lp_str item = lp_str(rest.p, lp_str_find(rest, ','));

		if (lp_str_eq(item, lp_cstr(provider_type_names[type])))
			return at;
		rest = lp_str_from(rest, item.n + 1);
		at++;
	}
	return at + (size_t)type;
}

struct offline_choice offline_device_choose(const struct offline_device *d,
					    const struct provider_set *own,
					    const struct provider_set *root,
					    struct lp_str apns_name, const char *order)
{
	struct offline_choice best = {0};

	for (size_t i = 0; i < d->token_count; i++) {
		const struct provider_entry *e = entry_of(d->tokens[i].field, own, root, apns_name);

		if (!e || tried(d->lines, lp_cstr(e->name)))
			continue;
		best.more = best.entry;
		best.others = best.others || (best.entry && e != best.entry);
		if (!best.entry || rank(e->type, order) < rank(best.entry->type, order)) {
			best.entry = e;
			best.token = &d->tokens[i];
		}
	}
	return best;
}
