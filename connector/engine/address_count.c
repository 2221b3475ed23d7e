#include "config.h"

#include <stdlib.h>

#include "common/lp_hash.h"
#include "common/lp_mem.h"
#include "connector/engine/address_count.h"

struct address_count {
	UT_hash_handle hh;
	struct link_address address;
	unsigned sessions;
};

struct address_count *address_count_take(struct address_count **table,
					 const struct link_address *address, unsigned max)
{
	struct address_count *a = NULL;

	HASH_FIND(hh, *table, address, sizeof(*address), a);
	if (a && a->sessions >= max)
		return NULL;
	if (!a) {
		a = lp_xcalloc(1, sizeof(*a));
		a->address = *address;
		HASH_ADD(hh, *table, address, sizeof(a->address), a);
	}
	a->sessions++;
	return a;
}

void address_count_drop(struct address_count **table, struct address_count *a)
{
	if (!a || --a->sessions)
		return;
	HASH_DELETE(hh, *table, a);
	free(a);
}
