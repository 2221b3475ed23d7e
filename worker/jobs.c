#include "config.h"

#include <stddef.h>

#include "worker/jobs.h"

const struct job_ops *const jobs[] = {
	&job_reaper,
	&job_callback,
	NULL,
};

const char *const job_scripts[] = {
	"callback_due", "callback_failed", "node_reap", "nodes_expired", NULL,
};
