/* What a connect callback answered: may the client in, as whom, and into which rooms. */
#ifndef VERDICT_H
#define VERDICT_H

#include "common/lp_buf.h"
#include "common/model/ident.h"
#include "connector/core/ports.h"
#include "connector/core/roomlist.h"

struct verdict {
	struct lp_buf userid;  /* empty: the one it claimed */
	struct roomlist rooms; /* to be put into */
};

/*
 * Reads the answer. Returns true when the client may in; false with the message to refuse it with
 * in *message. A body that is not a JSON object says nothing, as in light-push 1.x, which did not
 * read it. *v is always to be cleared.
 */
bool verdict_read(struct verdict *v, const struct callback_answer *answer,
		  const struct ident_rules *rules, size_t max_rooms, struct lp_buf *message);
void verdict_clear(struct verdict *v);

#endif
