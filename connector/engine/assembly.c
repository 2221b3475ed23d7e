#include "config.h"

#include <stdlib.h>

#include "common/lp_mem.h"
#include "connector/engine/assembly.h"

struct assembly *assembly_new(struct lp_str text, unsigned attachments)
{
	struct assembly *a = lp_xcalloc(1, sizeof(*a));

	lp_buf_adds(&a->text, text);
	a->due = attachments;
	return a;
}

void assembly_free(struct assembly *a)
{
	if (!a)
		return;
	lp_buf_clear(&a->text);
	lp_buf_clear(&a->data);
	free(a);
}

bool assembly_add(struct assembly *a, struct lp_str bytes, size_t max)
{
	if (a->text.len + a->data.len + bytes.n > max)
		return false;
	lp_buf_adds(&a->data, bytes);
	a->ends[a->count++] = a->data.len;
	return true;
}

struct lp_str assembly_get(const struct assembly *a, unsigned i)
{
	size_t from = i ? a->ends[i - 1] : 0;

	return lp_str(a->data.data + from, a->ends[i] - from);
}
