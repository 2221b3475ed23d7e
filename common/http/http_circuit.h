/*
 * Circuit breakers: who does not answer is left alone for a while. Pure, time is an argument.
 *
 *     closed --N failures in a row--> open --pause over--> one call may try --+
 *        ^                             ^                                      |
 *        +------- it was answered -----+-------------- it failed -------------+
 */
#ifndef HTTP_CIRCUIT_H
#define HTTP_CIRCUIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp_str.h"

struct http_circuits;

/* failures: in a row, before a circuit opens; pause_ms: how long it stays so. */
struct http_circuits *http_circuits_new(unsigned failures, unsigned pause_ms);
void http_circuits_free(struct http_circuits *c);

/*
 * May one be called? While a circuit is open one caller gets true after each pause; *probe tells
 * him that he is the one, and that others wait for what comes of it. now: monotonic ms.
 */
bool http_circuits_ask(struct http_circuits *c, struct lp_str name, uint64_t now, bool *probe);
/* What came of a call; every probe must be reported, by one of the three. */
void http_circuits_answered(struct http_circuits *c, struct lp_str name);
/* True when the circuit is open now. */
bool http_circuits_failed(struct http_circuits *c, struct lp_str name, uint64_t now);
/* A probe that was called off says nothing: the next one may try. */
void http_circuits_called_off(struct http_circuits *c, struct lp_str name);

#endif
