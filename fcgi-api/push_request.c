#include "config.h"

#include <inttypes.h>
#include <openssl/sha.h>
#include <stdio.h>

#include "common/lp_json.h"
#include "fcgi-api/push_request.h"

struct push_limits push_request_limits(const struct settings *s)
{
	return (struct push_limits){
		.expire_h = s->push_message_expire,
		.expire_max_h = s->push_message_max_expire,
		.aps_max = (size_t)s->apns_payload_size,
		.rooms_max = (size_t)s->push_max_rooms,
	};
}

struct push_fault push_request_fault(const struct settings *s, enum push_msg_error error)
{
	static const struct {
		enum api_error error;
		const char *field;
	} faults[] = {
		[PUSH_MSG_ROOM_EMPTY] = {API_ROOM_EMPTY, "room"},
		[PUSH_MSG_ROOM_INVALID] = {API_ROOM_INVALID, "room"},
		[PUSH_MSG_ROOMS_INVALID] = {API_ROOMS_INVALID, "rooms"},
		[PUSH_MSG_DATA_INVALID] = {API_PUSH_DATA_INVALID, "pushData"},
		[PUSH_MSG_EXCEPT_INVALID] = {API_EXCEPT_INVALID, "except"},
		[PUSH_MSG_ONLY_INVALID] = {API_ONLY_INVALID, "only"},
		[PUSH_MSG_EXPIRE_INVALID] = {API_EXPIRE_INVALID, "expire"},
		[PUSH_MSG_APS_TOO_LARGE] = {API_APS_DATA_TOO_LARGE, "pushData.apsData"},
	};
	struct push_fault fault = {.error = faults[error].error,
				   .field = faults[error].field,
				   .late = error > PUSH_MSG_LATE};

	if (error == PUSH_MSG_APS_TOO_LARGE) /* sic: callers compare it */
		snprintf(fault.text, sizeof(fault.text),
			 "pushData.apsData size must be less then %" PRId64 " bytes",
			 s->apns_payload_size);
	else if (error == PUSH_MSG_ROOMS_INVALID)
		snprintf(fault.text, sizeof(fault.text),
			 "rooms must be an array of room names, %" PRId64 " at most",
			 s->push_max_rooms);
	return fault;
}

/* Visible ASCII. */
static bool key_valid(struct lp_str key)
{
	for (size_t i = 0; i < key.n; i++) {
		if (key.p[i] <= ' ' || key.p[i] > '~')
			return false;
	}
	return key.n && key.n <= PUSH_REQUEST_KEY_MAX;
}

/* 128 bits of the SHA-256 of the body: two requests of one owner are not to be mixed up by chance. */
static void hash_body(const struct api_req *req, char out[33])
{
	struct lp_buf text = {0};
	struct lp_str body = lp_buf_str(&req->body_text);
	unsigned char digest[SHA256_DIGEST_LENGTH];

	if (!body.n) { /* a form */
		lp_json_text(&text, req->body);
		body = lp_buf_str(&text);
	}
	SHA256((const unsigned char *)body.p, body.n, digest);
	for (size_t i = 0; i < 16; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
	lp_buf_clear(&text);
}

enum api_error push_request_key(const struct api_req *req, struct push_key *key)
{
	struct json_object *given = api_param(req->body, "idempotency_key");

	*key = (struct push_key){.text = req->idempotency_key};
	if (!key->text.p) {
		if (!given)
			return API_OK;
		key->text = lp_json_str(req->body, "idempotency_key");
	}
	if (!key_valid(key->text))
		return API_IDEMPOTENCY_KEY_INVALID;
	hash_body(req, key->hash);
	return API_OK;
}

enum api_error push_request_error(const struct redisReply *reply)
{
	struct lp_str word = redis_reply_error(reply);

	if (lp_str_eq(word, LP_STR("GONE")))
		return API_NAMESPACE_LOST;
	if (lp_str_eq(word, LP_STR("OFFLINE")))
		return API_NAMESPACE_OFFLINE;
	if (lp_str_eq(word, LP_STR("REUSED")))
		return API_IDEMPOTENCY_KEY_REUSED;
	return API_UNAVAILABLE;
}

bool push_request_again(const struct redisReply *reply)
{
	struct lp_str word = redis_reply_error(reply);

	return lp_str_eq(word, LP_STR("STALE")) || lp_str_eq(word, LP_STR("GONE"));
}

enum api_error push_request_id(const struct redisReply *reply, size_t at, int64_t *id)
{
	*id = redis_reply_int(redis_reply_at(reply, at));
	return *id > 0 ? API_OK : *id < 0 ? API_OFFLINE_FULL : API_RATE_LIMITED;
}

void push_request_rate(struct api_rate *rate, const struct redisReply *reply, size_t count)
{
	if (redis_reply_count(reply) != count + 4)
		return;
	rate->limit = redis_reply_int(redis_reply_at(reply, count));
	rate->left = redis_reply_int(redis_reply_at(reply, count + 1));
	rate->full_us = redis_reply_int(redis_reply_at(reply, count + 2));
	rate->more_us = redis_reply_int(redis_reply_at(reply, count + 3));
}
