/*
 * What the simulator is asked to do: flags, or the same names in an INI file. One table makes the
 * parser, the help and the manual page.
 */
#ifndef SIM_OPTIONS_H
#define SIM_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"

/* A time is drawn between the two, evenly; both 0: never, or at once. µs. */
struct sim_range {
	uint64_t from, to;
};

struct sim_options {
	/* clients */
	int64_t clients, processes;
	char *url, *path, *sources, *query;
	char *engine, *platform;
	char *namespace, *uuid, *userid;
	char *join;
	int64_t connect_rate, connect_window;
	uint64_t connect_timeout; /* µs, as all times here */
	bool insecure;
	/* what they do */
	char *ack;
	struct sim_range ack_delay, think, push_every, reconnect_every, away;
	int64_t push_share, slow_readers;
	/* pushes through REST */
	char *rest_url, *rest_to, *password;
	double rest_rate; /* a second */
	int64_t rest_count, rest_lanes;
	int64_t push_size;
	/* the run */
	uint64_t duration, settle;
	int64_t seed;
	char *event_library;
	bool json, quiet;
};

void sim_options_init(struct sim_options *o);
void sim_options_clear(struct sim_options *o);

/* Gives one option a value; LP_EINVAL and the reason appended. */
int sim_options_set(struct sim_options *o, const char *name, const char *value,
		    struct lp_buf *why) LP_MUSTCHECK;
/* Reads an INI file; its sections are for the reader's eye only. LP_EINVAL as above. */
int sim_options_read(struct sim_options *o, const char *file, struct lp_buf *why) LP_MUSTCHECK;

enum sim_options_next { SIM_OPTIONS_RUN, SIM_OPTIONS_DONE, SIM_OPTIONS_WRONG };
/*
 * The command line: a file given with --config is read first, wherever it stands. DONE after --help
 * and the like, which print; WRONG with the reason in why.
 */
enum sim_options_next sim_options_parse(struct sim_options *o, int argc, char **argv,
					struct lp_buf *why);

/* The list for the manual page. */
void sim_options_print_mdoc(FILE *out);

#endif
