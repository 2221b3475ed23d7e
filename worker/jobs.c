#include "config.h"

#include <stddef.h>

#include "worker/jobs.h"

const struct job_ops *const jobs[] = {
	&job_reaper, &job_callback, &job_offline, &job_archive, NULL,
};

const char *const job_scripts[] = {
	"callback_due",  "callback_failed", "node_reap",    "nodes_expired",
	"offline_done",  "offline_due",     "offline_open", "offline_result",
	"offline_slice", "worker_renew",    NULL,
};
