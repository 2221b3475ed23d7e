/* The insides of a scenario, for script*.c. */
#ifndef SCRIPT_INT_H
#define SCRIPT_INT_H

#include "tests/scenario/script.h"
#include "tests/scenario/world.h"

#define SCRIPT_LINE_MAX 4096

/* What a peer heard and the scenario has not looked at yet. */
struct message {
	struct message *next;
	bool ws;
	char text[];
};

/* A peer's data. */
struct inbox {
	struct message *first, *last;
};

struct script {
	struct world world;
	bool started;
	uint64_t claimed[CLOSE_REASON_COUNT]; /* closes the scenario has asked about */
	bool routes_unsure;                   /* the store was busy: they are not compared */
	struct lp_buf why;                    /* of the failure */
};

/* A line: its first word, and what is done with the rest, which may be changed. */
struct command {
	const char *name;
	bool (*run)(struct script *s, char *args);
};

/* Both end with a row of NULL. */
extern const struct command script_client_commands[];
extern const struct command script_server_commands[];

/* Notes why; returns false. */
bool script_fail(struct script *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Cuts the next word off the line; "" at its end. */
char *script_word(char **line);
/* \xNN becomes a byte; other backslashes stay, JSON needs them. Works in place, returns text. */
char *script_unescape(char *text);
/* '*' and "..." stand for anything. */
bool script_matches(const char *glob, const char *text);
/* NULL, with the failure noted, when nobody has that name. */
struct peer *script_peer(struct script *s, const char *name);
/* Removes the first message. */
void script_take_first(struct inbox *in);

#endif
