/*
 * The worker as a whole: one loop, one connection to Redis that the jobs share, and the jobs.
 * Any number of workers may run; what one was about to do when it died, another one does.
 */
#ifndef WORKER_H
#define WORKER_H

#include "common/settings.h"

struct worker;

/* settings are borrowed. NULL when something is wrong with the system, said in one log line. */
struct worker *worker_new(struct settings *settings);
/* Works until SIGTERM or SIGINT, also while Redis is away. Returns the exit status. */
int worker_run(struct worker *w);
void worker_free(struct worker *w);

#endif
