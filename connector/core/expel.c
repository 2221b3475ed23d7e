#include "config.h"

#include <stdlib.h>

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "connector/core/client.h"
#include "connector/core/expel.h"
#include "connector/engine/frame.h"

struct expulsion {
	struct expulsion *next;
	struct nsp *nsp;       /* held */
	struct lp_blob *frame; /* of the event, owned */
	size_t at, count;
	struct client *clients[]; /* references, from `at` on */
};

/*
 * The connection of that serial, NULL when it is gone. It may be registering still: the inbox is
 * read on a link of its own and may overtake the registration's answer.
 */
static struct client *find(const struct nsp *nsp, struct lp_str id, uint64_t serial)
{
	struct client *c;

	HASH_FIND(hh, nsp->clients, id.p, id.n, c);
	if (!c || c->serial != serial)
		HASH_FIND(hh, nsp->registering, &serial, sizeof(serial), c);
	return c && lp_str_eq(client_id(c), id) ? c : NULL;
}

/* Pairs of texts: a client id and a number. */
static bool valid(struct json_object *list)
{
	size_t n;

	if (!json_object_is_type(list, json_type_array))
		return false;
	n = json_object_array_length(list);
	for (size_t i = 0; i < n; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);
		const char *text = json_object_get_string(item);

		if (!json_object_is_type(item, json_type_string) ||
		    (i % 2 && (!*text || strspn(text, "0123456789") < strlen(text))))
			return false;
	}
	return n % 2 == 0;
}

static struct expulsion *make(struct nsp *nsp, struct json_object *list, struct lp_str event)
{
	size_t n = json_object_array_length(list);
	struct expulsion *e = lp_xcalloc(1, sizeof(*e) + n / 2 * sizeof(e->clients[0]));

	e->nsp = nsp;
	nsp->users++;
	e->frame = frame_event(lp_cstr(nsp->name), event);
	for (size_t i = 0; i < n; i += 2) {
		struct json_object *id = json_object_array_get_idx(list, i);
		struct json_object *serial = json_object_array_get_idx(list, i + 1);
		struct client *c = find(
			nsp,
			lp_str(json_object_get_string(id), (size_t)json_object_get_string_len(id)),
			strtoull(json_object_get_string(serial), NULL, 10));

		if (c)
			e->clients[e->count++] = client_ref(c);
	}
	return e;
}

bool expel_add(struct core *core, struct lp_str name, struct lp_str clients, struct lp_str event)
{
	struct nsp *nsp = nsp_find(core, name);
	struct json_object *list = NULL;
	struct expulsion *e;
	bool good = lp_json_parse(clients, &list) == LP_OK && valid(list);

	if (good && nsp) {
		e = make(nsp, list, event);
		if (core->last_expulsion)
			core->last_expulsion->next = e;
		else
			core->expulsions = e;
		core->last_expulsion = e;
	}
	json_object_put(list);
	return good;
}

static void drop_first(struct core *core)
{
	struct expulsion *e = core->expulsions;

	core->expulsions = e->next;
	if (!core->expulsions)
		core->last_expulsion = NULL;
	while (e->at < e->count)
		client_unref(e->clients[e->at++]);
	lp_blob_unref(e->frame);
	nsp_release(e->nsp);
	free(e);
}

bool expel_turn(struct core *core)
{
	size_t left = EXPEL_SLICE;

	while (left && core->expulsions) {
		struct expulsion *e = core->expulsions;

		for (; left && e->at < e->count; e->at++, left--) {
			client_expel(e->clients[e->at], e->frame);
			client_unref(e->clients[e->at]);
		}
		if (e->at == e->count)
			drop_first(core);
	}
	return core->expulsions != NULL;
}

void expel_cancel_all(struct core *core)
{
	while (core->expulsions)
		drop_first(core);
}
