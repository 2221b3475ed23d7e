/* The business systems of the scenarios: questions wait until the test answers them. */
#ifndef CALLBACK_MEM_H
#define CALLBACK_MEM_H

#include "common/lp_buf.h"
#include "connector/core/ports.h"

struct callback_mem {
	struct question *first, *last;
};

/* The table to give core_set_callbacks(), with a struct callback_mem as caller. */
extern const struct callback_ops callback_mem_ops;

/* Appends the oldest question, "<url> <auth> <namespace> <query> [cookie]"; false: there is none. */
bool callback_mem_look(const struct callback_mem *c, struct lp_buf *out);
/* Answers the oldest question; false when there is none. */
bool callback_mem_answer(struct callback_mem *c, int status, struct lp_str body);
void callback_mem_clear(struct callback_mem *c);

#endif
