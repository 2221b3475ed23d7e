#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "connector/core/core.h"
#include "connector/store/store.h"
#include "tests/redis/fake_core.h"

static char taken[4096];

const char *fake_core_take(struct core *c)
{
	snprintf(taken, sizeof(taken), "%s", c->log.len ? c->log.data : "");
	lp_buf_reset(&c->log);
	return taken;
}

void fake_core_free(struct core *c)
{
	lp_buf_clear(&c->log);
}

void core_push(struct core *c, struct lp_str nsp, const struct pushed *p)
{
	lp_buf_addf(&c->log, "push %.*s %.*s%.*s %" PRIu64 " [%.*s] %.*s\n", LP_FMT(nsp),
		    LP_FMT(p->room), LP_FMT(p->others), p->id, LP_FMT(p->except), LP_FMT(p->event));
}

void core_emit(struct core *c, struct lp_str nsp, struct lp_str room, struct lp_str except,
	       struct lp_str event)
{
	lp_buf_addf(&c->log, "emit %.*s %.*s [%.*s] %.*s\n", LP_FMT(nsp), LP_FMT(room),
		    LP_FMT(except), LP_FMT(event));
}

bool core_transfer(struct core *c, struct lp_str nsp, struct lp_str target, bool join,
		   struct lp_str sources)
{
	lp_buf_addf(&c->log, "transfer %.*s %.*s %s %.*s\n", LP_FMT(nsp), LP_FMT(target),
		    join ? "join" : "leave", LP_FMT(sources));
	return sources.n && sources.p[0] == '[';
}

void core_unread(struct core *c, struct lp_str nsp, struct lp_str client, uint64_t serial)
{
	lp_buf_addf(&c->log, "unread %.*s %.*s %" PRIu64 "\n", LP_FMT(nsp), LP_FMT(client), serial);
}

void core_kick(struct core *c, struct lp_str nsp, struct lp_str client, uint64_t serial)
{
	lp_buf_addf(&c->log, "kick %.*s %.*s %" PRIu64 "\n", LP_FMT(nsp), LP_FMT(client), serial);
}

bool core_expel(struct core *c, struct lp_str nsp, struct lp_str clients, struct lp_str event)
{
	lp_buf_addf(&c->log, "expel %.*s %.*s %.*s\n", LP_FMT(nsp), LP_FMT(clients), LP_FMT(event));
	return clients.n && clients.p[0] == '[';
}

void core_namespace_offline(struct core *c, struct lp_str nsp)
{
	lp_buf_addf(&c->log, "offline %.*s\n", LP_FMT(nsp));
}

void core_namespace_made(struct core *c, struct lp_str nsp)
{
	lp_buf_addf(&c->log, "made %.*s\n", LP_FMT(nsp));
}

void core_catch_up(struct core *c)
{
	lp_buf_addz(&c->log, "catch up\n");
}

void core_rejoin(struct core *c)
{
	c->rejoins++;
	for (size_t i = 0; i < c->client_count; i++) {
		struct fake_client *k = &c->clients[i];

		store_redis_ops.client_on(c->store, &k->who, k->rooms, k->room_count, true, NULL,
					  NULL);
	}
}

void core_limits(struct core *c, struct lp_str nsp, uint64_t rev, uint64_t rooms, uint64_t bytes)
{
	lp_buf_addf(&c->log, "limits %.*s %s %" PRIu64 " %" PRIu64 "\n", LP_FMT(nsp),
		    rev ? "rev" : "-", rooms, bytes);
}

void core_connectors(struct core *c, unsigned count)
{
	c->connectors = count;
}
