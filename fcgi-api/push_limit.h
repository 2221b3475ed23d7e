/*
 * The limit of a namespace's pushes, before Redis is asked: what this process knows it would not
 * allow is refused here, see rate_memory.h. That comes after everything that is wrong with the
 * request itself, so that a mistake is answered the same at the limit and below it.
 */
#ifndef PUSH_LIMIT_H
#define PUSH_LIMIT_H

#include "common/store/push_args.h"
#include "fcgi-api/api.h"

/*
 * How many of the count messages of a request may go to Redis, which then decides. With 0 *rate is
 * what it would have said.
 *
 * A request with a key may have been accepted before. So Redis is asked whether it knows the key, as
 * often in a second as the namespace may push, and ten times at least; then all of the request goes
 * there, or nothing.
 */
size_t push_limit_left(struct api_ctx *ctx, const struct api_req *req, const struct push_key *key,
		       size_t count, struct api_rate *rate);

/* Redis said this; asked: lp_mono_us() before it was asked. Without a limit nothing is noted. */
void push_limit_note(struct api_ctx *ctx, const struct api_req *req, const struct api_rate *rate,
		     uint64_t asked);

#endif
