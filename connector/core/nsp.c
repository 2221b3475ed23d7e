#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/lp_mem.h"
#include "connector/core/ack.h"
#include "connector/core/core_int.h"
#include "connector/core/pace.h"

struct nsp *nsp_find(struct core *core, struct lp_str name)
{
	struct nsp *nsp;

	HASH_FIND(hh, core->nsps, name.p, name.n, nsp);
	return nsp;
}

struct nsp *nsp_hold(struct core *core, struct lp_str name)
{
	struct nsp *nsp = nsp_find(core, name);

	if (!nsp) {
		nsp = lp_xcalloc(1, sizeof(*nsp) + name.n + 1);
		nsp->core = core;
		memcpy(nsp->name, name.p, name.n);
		HASH_ADD_KEYPTR(hh, core->nsps, nsp->name, name.n, nsp);
	}
	nsp->users++;
	return nsp;
}

void nsp_release(struct nsp *nsp)
{
	struct core *core = nsp->core;

	if (--nsp->users)
		return;
	/* Nobody is left who could acknowledge anything; rooms went with their members. */
	ack_forget_all(nsp);
	pace_free(nsp);
	if (nsp->offline_total)
		core->offline_nsps--;
	HASH_DEL(core->nsps, nsp);
	free(nsp);
}

void nsp_limits(struct nsp *nsp, uint64_t rev, uint64_t rooms, uint64_t bytes)
{
	if (rev <= nsp->limits_rev)
		return;
	nsp->limits_rev = rev;
	nsp->limit_rooms = rooms;
	pace_set(nsp, bytes);
}

size_t nsp_max_rooms(const struct nsp *nsp)
{
	size_t max = nsp->core->conf.max_rooms;

	return nsp->limit_rooms && nsp->limit_rooms + 1 < max ? (size_t)nsp->limit_rooms + 1 : max;
}
