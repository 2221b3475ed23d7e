#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "tests/simulator/sim_process.h"
#include "tests/simulator/sim_socket.h"

#define SECOND      UINT64_C(1000000)
#define OTHER_FILES 300           /* of the loop, the logs of pushes, and so on */
#define TICK        (SECOND / 20) /* at least so often it looks at the phase and starts clients */

/* What tick() needs besides the clients. */
struct running {
	struct sim_process process;
	uint32_t next; /* client to start */
	uint64_t began;
	int sealed;
	int status;
};

uint64_t sim_process_cpu(void)
{
	struct rusage use;

	getrusage(RUSAGE_SELF, &use);
	return (uint64_t)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * SECOND +
	       (uint64_t)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

/* Starts as many clients as the rate and the window let; returns when to come back, µs. */
static uint64_t start_clients(struct running *r, uint64_t now)
{
	struct sim_process *p = &r->process;
	const struct sim_options *o = p->plan->options;
	uint64_t rate = (uint64_t)o->connect_rate;

	while (r->next < p->client_count && p->connecting < o->connect_window) {
		/* Client n of all is due n / rate after the begin. */
		uint64_t due = rate ? r->began + p->clients[r->next].number * SECOND / rate : now;

		if (due > now)
			return due;
		p->connecting++;
		p->clients[r->next].in_window = true;
		sim_client_connect(p, &p->clients[r->next++]);
	}
	return UINT64_MAX;
}

static bool is_pushing(const struct sim_process *p)
{
	for (uint32_t i = 0; i < p->client_count; i++) {
		if (p->clients[i].pushing)
			return true;
	}
	return false;
}

static void settle(struct running *r)
{
	struct sim_process *p = &r->process;
	struct sim_settled sum = {0};
	struct sim_push_log log;

	if (sim_push_log_open(&log, r->sealed) != LP_OK) {
		perror("light-push-sim: the log of pushes");
		r->status = 1;
		return;
	}
	for (uint32_t i = 0; i < p->client_count; i++) {
		const struct sim_client *c = &p->clients[i];
		struct sim_settle settle = {.log = &log,
					    .grace = p->plan->options->settle,
					    .client = c->number,
					    .rooms = c->rooms,
					    .room_count = p->room_count,
					    .stays = c->stays,
					    .stay_count = c->stay_count};

		sim_ledger_settle(&p->ledger, &settle, &sum);
	}
	sim_push_log_close(&log);
	sim_count(p->counts, SIM_EXPECTED, sum.expected);
	sim_count(p->counts, SIM_MISSING, sum.missing);
	sim_count(p->counts, SIM_IN_DOUBT, sum.in_doubt);
}

static uint64_t tick(struct sim_process *p)
{
	struct running *r = (struct running *)p; /* its first member */
	uint64_t now = lp_mono_us(), next = now + TICK, due;
	int phase = atomic_load(&p->shared->phase);
	struct sim_timer timer;

	if (phase == SIM_CLOSING) {
		settle(r);
		return 0;
	}
	while (sim_timers_take(&p->timers, now, &timer))
		sim_client_due(p, &p->clients[timer.client], &timer);
	if (phase == SIM_SETTLING && !atomic_load(&p->counts->idle) && !is_pushing(p)) {
		sim_push_writer_flush(&p->pushes);
		atomic_store(&p->counts->idle, 1);
	}
	due = start_clients(r, now);
	if (due < next)
		next = due;
	due = sim_timers_next(&p->timers);
	return due < next ? due : next;
}

/*
 * As many as it takes and not what the system allows at most: libwebsockets has tables of that size. A
 * limit given to libwebsockets itself would make it search such a table for every event.
 */
static bool allow_files(uint32_t count)
{
	struct rlimit files;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = (rlim_t)count + OTHER_FILES;
	return files.rlim_cur <= files.rlim_max && setrlimit(RLIMIT_NOFILE, &files) == 0;
}

int sim_process_run(const struct sim_plan *plan, struct sim_shared *shared, unsigned number,
		    int push_log, int sealed)
{
	struct running r = {.began = lp_mono_us(), .sealed = sealed};
	struct sim_process *p = &r.process;
	uint32_t all = (uint32_t)plan->options->clients;

	p->plan = plan;
	p->shared = shared;
	p->counts = &shared->process[number];
	p->number = number;
	p->processes = (unsigned)plan->options->processes;
	p->pushes.fd = push_log;
	p->room_count = plan->client_rooms + 1;
	p->client_count = number < all ? (all - number - 1) / p->processes + 1 : 0;
	if (!allow_files(p->client_count)) {
		fprintf(stderr,
			"light-push-sim: a process may not open files for %u clients: more "
			"processes, or ulimit -n\n",
			p->client_count);
		return 2;
	}
	p->clients = lp_xcalloc(p->client_count, sizeof(*p->clients));
	sim_ledger_init(&p->ledger);
	for (uint32_t i = 0; i < p->client_count; i++)
		sim_client_init(p, &p->clients[i], number + i * p->processes);
	if (!sim_socket_run(p, tick)) {
		fputs("light-push-sim: libwebsockets can not start\n", stderr);
		r.status = 1;
	}
	p->counts->cpu = sim_process_cpu();
	for (uint32_t i = 0; i < p->client_count; i++)
		sim_client_clear(&p->clients[i]);
	free(p->clients);
	sim_timers_clear(&p->timers);
	sim_ledger_clear(&p->ledger);
	lp_buf_clear(&p->scratch);
	return r.status;
}
