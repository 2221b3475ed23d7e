#include "config.h"

#include <stdio.h>
#include <sys/random.h>

#include "common/lp_hash.h"
#include "tests/simulator/sim_plan.h"
#include "tests/simulator/sim_run.h"

static int fail(const struct lp_buf *why)
{
	fprintf(stderr, "light-push-sim: %s\n", why->data);
	return 2;
}

int main(int argc, char **argv)
{
	struct sim_options options;
	struct sim_plan plan = {0};
	struct lp_buf why = {0};
	uint8_t key[16];
	uint32_t run;
	int status = 0;

	if (getrandom(&run, sizeof(run), 0) != sizeof(run) ||
	    getrandom(key, sizeof(key), 0) != sizeof(key))
		return 2;
	lp_hash_seed(key);
	sim_options_init(&options);
	switch (sim_options_parse(&options, argc, argv, &why)) {
	case SIM_OPTIONS_RUN:
		if (sim_plan_make(&plan, &options, run, &why) != LP_OK)
			status = fail(&why);
		else
			status = sim_run(&plan);
		break;
	case SIM_OPTIONS_DONE:
		break;
	case SIM_OPTIONS_WRONG:
		status = fail(&why);
		break;
	}
	sim_plan_clear(&plan);
	sim_options_clear(&options);
	lp_buf_clear(&why);
	return status;
}
