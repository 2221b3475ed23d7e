#include "config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "tests/simulator/sim_process.h"
#include "tests/simulator/sim_report.h"
#include "tests/simulator/sim_rest.h"
#include "tests/simulator/sim_run.h"

#define SECOND     UINT64_C(1000000)
#define QUIET_MAX  (60 * SECOND) /* longest wait until no more pushes come */
#define PIECE      20000000L     /* ns: how often the phase is looked at */
#define ON_TTY     (SECOND / 2)  /* between two lines of progress */
#define NOT_ON_TTY (5 * SECOND)

struct run {
	const struct sim_plan *plan;
	struct sim_shared *shared;
	size_t shared_size;
	unsigned processes; /* with that for REST, the last one */
	unsigned running;
	pid_t *pids;
	int *logs; /* of pushes: of each process, then the sealed one */
	bool rest;
	int status; /* the worst of the processes */
	bool broken;
	uint64_t began, told; /* µs */
	struct sim_counts sum, before;
};

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
	interrupted++;
}

static bool prepare(struct run *r)
{
	r->shared_size = sizeof(*r->shared) + r->processes * sizeof(struct sim_counts);
	r->shared = mmap(NULL, r->shared_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			 -1, 0);
	if (r->shared == MAP_FAILED)
		return false;
	r->pids = lp_xcalloc(r->processes, sizeof(*r->pids));
	r->logs = lp_xcalloc(r->processes + 1, sizeof(*r->logs));
	for (unsigned i = 0; i <= r->processes; i++) {
		r->logs[i] = memfd_create("pushes", MFD_CLOEXEC);
		if (r->logs[i] < 0)
			return false;
	}
	return true;
}

static bool start(struct run *r)
{
	pid_t self = getpid();

	fflush(stdout); /* or each process would write what is in there */
	for (unsigned i = 0; i < r->processes; i++) {
		pid_t pid = fork();

		if (pid < 0)
			return false;
		if (pid) {
			r->pids[i] = pid;
			r->running++;
			continue;
		}
		signal(SIGINT, SIG_IGN); /* a terminal sends it to all; the first process decides */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != self)
			_exit(1);
		if (r->rest && i == r->processes - 1)
			exit(sim_rest_run(r->plan, r->shared, &r->shared->process[i], r->logs[i]));
		exit(sim_process_run(r->plan, r->shared, i, r->logs[i], r->logs[r->processes]));
	}
	return true;
}

/* Takes note of processes that have ended. */
static void reap(struct run *r, int flags)
{
	int status;

	while (r->running && waitpid(-1, &status, flags) > 0) {
		int code = WIFEXITED(status) ? WEXITSTATUS(status) : 1;

		r->running--;
		if (WIFSIGNALED(status))
			fprintf(stderr, "light-push-sim: a process was ended by signal %d\n",
				WTERMSIG(status));
		if (code > r->status)
			r->status = code;
		if (code || atomic_load(&r->shared->phase) != SIM_CLOSING)
			r->broken = true;
	}
}

static void tell(struct run *r, bool at_once)
{
	uint64_t now = lp_mono_us();
	bool terminal = isatty(STDERR_FILENO);

	if (r->plan->options->quiet ||
	    (!at_once && now - r->told < (terminal ? ON_TTY : NOT_ON_TTY)))
		return;
	sim_report_progress(&r->sum, &r->before, (double)(now - r->told) / 1e6,
			    (enum sim_phase)atomic_load(&r->shared->phase), terminal);
	r->before = r->sum;
	r->told = now;
}

static bool all_joined(struct run *r)
{
	return r->sum.joined >= (uint64_t)r->plan->options->clients;
}

static bool rest_is_done(struct run *r)
{
	return r->rest && atomic_load(&r->shared->process[r->processes - 1].idle);
}

static bool all_idle(struct run *r)
{
	for (unsigned i = 0; i < r->processes; i++) {
		if (!atomic_load(&r->shared->process[i].idle))
			return false;
	}
	return true;
}

/* Nothing has come for as long as a push may take. */
static bool is_quiet(struct run *r)
{
	uint64_t now = lp_mono_us();

	return r->sum.last + r->plan->options->settle < now;
}

/*
 * Enters a phase and stays in it until done() or the time is over; with done NULL for all the time. An
 * interrupt ends any phase, and so does a process that breaks. A time of 0 has no end.
 */
static void pass(struct run *r, enum sim_phase phase, uint64_t time, bool (*done)(struct run *))
{
	struct timespec pause = {.tv_nsec = PIECE};
	uint64_t begin = lp_mono_us();
	int signals = interrupted;

	atomic_store(&r->shared->phase, phase);
	do {
		nanosleep(&pause, NULL);
		reap(r, WNOHANG);
		sim_counts_merge(&r->sum, r->shared, r->processes);
		tell(r, false);
		if (done && done(r))
			break;
	} while ((!time || lp_mono_us() - begin < time) && interrupted == signals && !r->broken);
}

static uint64_t connect_time(const struct sim_options *o)
{
	uint64_t rate = (uint64_t)o->connect_rate;

	return o->connect_timeout + (rate ? (uint64_t)o->clients * SECOND / rate : 0);
}

static void lead(struct run *r)
{
	const struct sim_options *o = r->plan->options;
	uint64_t begin;

	pass(r, SIM_CONNECTING, connect_time(o), all_joined);
	if (!o->quiet)
		fprintf(stderr, "%sready: %llu of %lld clients\n",
			isatty(STDERR_FILENO) ? "\r\033[K" : "", (unsigned long long)r->sum.online,
			(long long)o->clients);
	begin = lp_mono_us();
	pass(r, SIM_RUNNING, o->rest_count ? 0 : o->duration, rest_is_done);
	r->began = lp_mono_us() - begin;
	pass(r, SIM_SETTLING, QUIET_MAX, all_idle);
	pass(r, SIM_SETTLING, o->settle, NULL);
	pass(r, SIM_SETTLING, QUIET_MAX, is_quiet);
	if (sim_push_log_seal(r->logs, r->processes, r->logs[r->processes]) != LP_OK) {
		perror("light-push-sim: the log of pushes");
		r->broken = true;
	}
	atomic_store(&r->shared->phase, SIM_CLOSING);
	if (!r->broken)
		reap(r, 0);
	sim_counts_merge(&r->sum, r->shared, r->processes);
	tell(r, true);
	if (!o->quiet && isatty(STDERR_FILENO))
		fputc('\n', stderr);
}

static void finish(struct run *r)
{
	for (unsigned i = 0; i < r->processes && r->broken; i++) {
		if (r->pids[i])
			kill(r->pids[i], SIGKILL);
	}
	while (wait(NULL) > 0)
		;
	for (unsigned i = 0; i <= r->processes; i++)
		close(r->logs[i]);
	munmap(r->shared, r->shared_size);
	free(r->pids);
	free(r->logs);
}

int sim_run(const struct sim_plan *plan)
{
	struct sigaction action = {.sa_handler = on_signal};
	struct run r = {.plan = plan, .rest = *plan->options->rest_url != '\0'};
	struct sim_result result = {.options = plan->options, .sum = &r.sum};

	r.processes = (unsigned)plan->options->processes + (r.rest ? 1 : 0);
	r.told = lp_mono_us();
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	if (!prepare(&r) || !start(&r)) {
		perror("light-push-sim");
		exit(2); /* which ends the processes that have been started */
	}
	lead(&r);
	result.seconds = (double)r.began / 1e6;
	result.broken = r.broken;
	if (r.status != 2) {
		if (plan->options->json)
			sim_report_json(&result, stdout);
		else
			sim_report_table(&result, stdout);
	}
	finish(&r);
	if (r.status)
		return r.status;
	return sim_report_good(&result) ? 0 : 1;
}
