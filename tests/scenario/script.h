/* A scenario: commands in a text, one a line, run on a world of its own. The commands: table in script.c. */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <stdbool.h>

#include "common/lp_str.h"

/* Runs it; prints the first line that fails, with the name in front, and returns false. */
bool script_run(const char *name, struct lp_str text);

#endif
