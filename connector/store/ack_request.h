/*
 * Acks as they go to Redis: one transaction, in which plain SADDs put the clients into the set of
 * their message, and acks.lua then counts who was new there. To hand each client to a script, and
 * from there to SADD, takes Redis twice as long.
 *
 *     MULTI, SADD <set> <client>..., SADD ..., EVALSHA <acks> 1 <key> <id> <platform>..., EXEC
 */
#ifndef ACK_REQUEST_H
#define ACK_REQUEST_H

#include "connector/store/request.h"

/* As request_write(); the arguments of r are groups: message id, platform, n, then n clients. */
void ack_request_write(const struct request *r, struct lp_buf *scratch, request_command send,
		       void *arg);

#endif
