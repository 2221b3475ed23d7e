#include "config.h"

#include <stdlib.h>

#include "common/lp_mem.h"
#include "connector/core/roomlist.h"
#include "connector/proto/json_scan.h"
#include "connector/proto/sio_packet.h"

/* Adds one name; false when it is not valid. */
static bool add(struct roomlist *list, struct lp_str json, const struct ident_rules *rules)
{
	size_t start = list->names.len;
	struct lp_str name;

	if (json_scan_string(json, &list->names) != LP_OK) {
		list->names.len = start;
		return false;
	}
	name = lp_str(list->names.data + start, list->names.len - start);
	if (!ident_room(rules, name)) {
		list->names.len = start;
		return false;
	}
	list->entries[list->count++].name = name;
	return true;
}

bool roomlist_read(struct roomlist *list, struct lp_str json, const struct ident_rules *rules,
		   size_t max)
{
	struct lp_str *elements = &json;
	ssize_t count = 1;
	bool valid = true;

	*list = (struct roomlist){0};
	if (json.n && json.p[0] == '[') {
		count = json_scan_array(json, SIO_JSON_DEPTH, NULL, 0);
		if (count < 0 || (size_t)count > max)
			return false;
		elements = lp_xmalloc((size_t)(count + 1) * sizeof(elements[0]));
		if (json_scan_array(json, SIO_JSON_DEPTH, elements, (size_t)count) != count)
			count = 0;
	}
	list->entries = lp_xcalloc((size_t)count + 1, sizeof(list->entries[0]));
	/* A name is never longer than its JSON text: with this room names never moves. */
	lp_buf_reserve(&list->names, json.n);
	for (ssize_t i = 0; i < count; i++)
		valid = add(list, elements[i], rules) && valid;
	if (elements != &json)
		free(elements);
	return valid;
}

void roomlist_clear(struct roomlist *list)
{
	free(list->entries);
	lp_buf_clear(&list->names);
}
