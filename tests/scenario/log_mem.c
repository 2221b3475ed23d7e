#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/lp_mem.h"
#include "common/model/log_position.h"
#include "tests/scenario/log_mem.h"

uint64_t log_mem_clock(struct log_mem *l)
{
	return ++l->clock;
}

void log_mem_add(struct log_mem *l, struct lp_str nsp, const struct pushed *p, bool inbox)
{
	struct log_mem_entry *e;

	l->entries = lp_xrealloc(l->entries, (l->count + 1) * sizeof(l->entries[0]));
	if (inbox) {
		l->inbox = lp_xrealloc(l->inbox, (l->waiting + 1) * sizeof(l->inbox[0]));
		l->inbox[l->waiting++] = l->count;
	}
	e = &l->entries[l->count++];
	*e = (struct log_mem_entry){.id = p->id,
				    .nsp = lp_xstrndup(nsp),
				    .room = lp_xstrndup(p->room),
				    .others = lp_xstrndup(p->others),
				    .except = lp_xstrndup(p->except),
				    .event = lp_xstrndup(p->event)};
	/* The first one of its ms. */
	e->position = log_position_before(log_mem_clock(l)) + 1;
}

const struct log_mem_entry *log_mem_take(struct log_mem *l)
{
	if (l->held || l->read == l->waiting)
		return NULL;
	return &l->entries[l->inbox[l->read++]];
}

const struct log_mem_entry *log_mem_after(const struct log_mem *l, const char *nsp,
					  uint64_t position)
{
	size_t low = 0, high = l->count;

	if (position < l->trimmed)
		position = l->trimmed;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (l->entries[middle].position <= position)
			low = middle + 1;
		else
			high = middle;
	}
	while (low < l->count && strcmp(l->entries[low].nsp, nsp) != 0)
		low++;
	return low < l->count ? &l->entries[low] : NULL;
}

void log_mem_lose_inbox(struct log_mem *l)
{
	l->read = l->waiting = 0;
}

void log_mem_trim(struct log_mem *l)
{
	if (l->count)
		l->trimmed = l->entries[l->count - 1].position;
}

void log_mem_clear(struct log_mem *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->entries[i].nsp);
		free(l->entries[i].room);
		free(l->entries[i].others);
		free(l->entries[i].except);
		free(l->entries[i].event);
	}
	free(l->entries);
	free(l->inbox);
	*l = (struct log_mem){.clock = l->clock, .seen = l->seen, .held = l->held};
}
