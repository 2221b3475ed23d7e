/*
 * A scenario: commands in a text, one a line, run on a world of its own; '#' begins a comment. The
 * commands are the tables in script_clients.c and script_server.c. After each line the loop makes a
 * pass; what clients hear waits to be expected, in order, and nothing may be left at the end.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <stdbool.h>

#include "common/lp_str.h"

/* Runs it; prints the first line that fails, with the name in front, and returns false. */
bool script_run(const char *name, struct lp_str text);

#endif
