/*
 * The Lua scripts, embedded at build time from common/store/lua/ (a line "-- include NAME" is
 * replaced by that file). Each is one atomic step on Redis.
 */
#ifndef SCRIPT_H
#define SCRIPT_H

#include <stddef.h>

struct script {
	const char *name; /* file name without .lua */
	const char *text;
	char sha1[41]; /* filled by scripts_init() */
};

/* The table, ended by a row with name NULL. */
extern struct script scripts[];

/* Computes the digests; call once at start, before threads. */
void scripts_init(void);

/* By name; aborts when there is none, since names are literals. */
const struct script *script_get(const char *name);

#endif
