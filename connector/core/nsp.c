#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/lp_mem.h"
#include "connector/core/ack.h"
#include "connector/core/core_int.h"

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
	if (nsp->offline_total)
		core->offline_nsps--;
	HASH_DEL(core->nsps, nsp);
	free(nsp);
}
