/* What the two endpoints that take pushes share: the parts of their requests and answers. */
#ifndef PUSH_REQUEST_H
#define PUSH_REQUEST_H

#include "common/model/push_msg.h"
#include "common/store/push_args.h"
#include "fcgi-api/api.h"
#include "fcgi-api/api_error.h"

#define PUSH_REQUEST_KEY_MAX 128 /* bytes of an idempotency key */

/* What is wrong with a message, as the caller is told. */
struct push_fault {
	enum api_error error; /* API_OK: nothing */
	const char *field;
	bool late;     /* told after "namespace offline" */
	char text[96]; /* "": the error's own */
};

struct push_limits push_request_limits(const struct settings *s);

/* NULL text and an API_OK fault when nothing is wrong. */
struct push_fault push_request_fault(const struct settings *s, enum push_msg_error error);

/*
 * The idempotency key, the header's before the body's, and the hash of the body; without one
 * key->text is empty. text is borrowed from the request. API_OK or API_IDEMPOTENCY_KEY_INVALID.
 */
enum api_error push_request_key(const struct api_req *req, struct push_key *key) LP_MUSTCHECK;

/* What push.lua's own error means. */
enum api_error push_request_error(const struct redisReply *reply);
/*
 * Whether it means that the settings are not those that the password was checked with: to be called
 * again once it has been checked again.
 */
bool push_request_again(const struct redisReply *reply);

/* What push.lua says of a message in its reply: API_OK and *id, or why it was not taken. */
enum api_error push_request_id(const struct redisReply *reply, size_t at, int64_t *id);

/* Takes what stands behind the ids of count messages in push.lua's reply. */
void push_request_rate(struct api_rate *rate, const struct redisReply *reply, size_t count);

#endif
