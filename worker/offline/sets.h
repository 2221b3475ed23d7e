/*
 * The push providers of the namespaces that messages are being delivered for, as Redis has them,
 * kept for some seconds.
 */
#ifndef OFFLINE_SETS_H
#define OFFLINE_SETS_H

#include "worker/jobs.h"
#include "worker/provider/provider.h"

struct offline_sets;

/* set: NULL when Redis could not be asked: ask again when its link is up. Not called from inside
 * offline_sets_fetch(). The caller of that holds the set if it wants to keep it. */
typedef void (*offline_sets_cb)(void *arg, struct provider_set *set);

/* Both are borrowed. */
struct offline_sets *offline_sets_new(const struct job_tools *tools,
				      const struct providers *providers);
void offline_sets_free(struct offline_sets *s);

/* Those of nsp if they are known, one reference less than the caller's own; NULL: fetch them. */
struct provider_set *offline_sets_find(struct offline_sets *s, struct lp_str nsp);
/* Returns false, and does not call, when the link is down. */
bool offline_sets_fetch(struct offline_sets *s, struct lp_str nsp, offline_sets_cb cb, void *arg);

#endif
