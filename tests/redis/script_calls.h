/* Calls of scripts in the tests against a real Redis, and what they must leave behind. */
#ifndef SCRIPT_CALLS_H
#define SCRIPT_CALLS_H

#include <stddef.h>

#include "tests/unit/lp_test.h"

struct redisContext;
struct redisReply;

/* The connection, while tests run. */
extern struct redisContext *redis;

/* Runs them all against a Redis of their own; the exit status for main(). */
int script_tests(const char *suite, const struct lp_test *tests, size_t count);

/* For qsort() of char pointers. */
int by_text(const void *a, const void *b);
/*
 * The reply as one line, arrays in the order of their texts (many come from sets), "-" for an empty
 * one. In static memory, freed by the next call; takes the reply.
 */
const char *line_of(struct redisReply *r);
/* Fails the test when the two differ. */
void expect_at(int line, const char *got, const char *want, const char *what);
/* A command, its words with blanks between them. */
const char *command(const char *text);
/* A script of common/store/lua: its name, its key, then arguments up to NULL. */
const char *call(const char *name, const char *key, ...);

#define EXPECT(text, want) expect_at(__LINE__, command(text), want, text)
#define CALL(want, ...)    expect_at(__LINE__, call(__VA_ARGS__, NULL), want, #__VA_ARGS__)

#endif
