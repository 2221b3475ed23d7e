/*
 * How many sessions each client address has. Only addresses with sessions take memory.
 */
#ifndef ADDRESS_COUNT_H
#define ADDRESS_COUNT_H

#include <stdint.h>

#include "connector/engine/link.h"

/* The entry of one address; a session keeps a pointer to it until it drops it. */
struct address_count;

/*
 * One more session of that address, in the table at *table (NULL: empty). NULL when it has max
 * already.
 */
struct address_count *address_count_take(struct address_count **table,
					 const struct link_address *address, unsigned max);
/* One less; NULL is fine. */
void address_count_drop(struct address_count **table, struct address_count *a);

#endif
