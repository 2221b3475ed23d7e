/*
 * Sending through APNs: a connection for each key that signs, and for each certificate. Apple ties a
 * connection to the key of its first request and refuses others on it (UnrelatedKeyIdInToken), and
 * what one key brings upon itself holds up no other.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "worker/provider/apns.h"
#include "worker/provider/apns_token.h"
#include "worker/provider/sending.h"

/* Before a token that is new and yet called too old is tried again. */
#define WAIT_MS 60000u

static const char *prepare(struct batch *b, const struct content *c, const struct content_ids *ids)
{
	const struct provider_entry *e = b->entry;
	struct lp_buf payload = {0};
	int rc;

	if (!*e->apns.token_key && e->apns.expires &&
	    (uint64_t)e->apns.expires * 1000 <= lp_wall_ms())
		return "the certificate has expired";
	rc = apns_payload(&payload, c);
	if (rc == LP_OK)
		b->payload = lp_blob_new(payload.data, payload.len);
	lp_buf_clear(&payload);
	return rc == LP_OK ? NULL : "PayloadTooLarge: more than 4096 bytes";
}

/* --- one device --- */

/* Applications have sent tokens as the system prints them, "<0123 4567>". */
static void strip(char *token)
{
	char *to = token;

	for (const char *from = token; *from; from++) {
		if (*from != '<' && *from != '>' && *from != ' ')
			*to++ = *from;
	}
	*to = 0;
}

static const char *address(const struct sending *s)
{
	const struct settings *settings = s->batch->p->settings;

	return s->batch->entry->apns.sandbox ? settings->apns_sandbox_address
					     : settings->apns_address;
}

static void apns_send(struct sending *s)
{
	struct batch *b = s->batch;
	bool by_token = *b->entry->apns.token_key;
	struct channel_key key = {
		.origin = lp_cstr(address(s)),
		.cert = by_token ? NULL : b->entry->apns.cert,
		.key = by_token ? NULL : b->entry->apns.key,
	};
	struct lp_buf account = {0};

	strip(s->token);
	if (!apns_token_valid(lp_cstr(s->token))) {
		sending_refuse(s, "BadDeviceToken: it is not hexadecimal");
		s->judgement.outcome = PROVIDER_GONE;
		return;
	}
	if (!b->channel) {
		if (by_token)
			apns_token_name(&account, b->entry);
		key.account = lp_buf_str(&account);
		b->channel = channels_get(b->p->channels, &key);
		lp_buf_clear(&account);
	}
	sending_call(s, b->channel);
}

static const char *add_headers(struct sending *s, struct h2_request *request)
{
	const struct batch *b = s->batch;
	char id[37], collapse[33], expiration[24];
	int64_t until = apns_expiration(b->entry->apns.expiration, lp_wall_ms(), b->expires);
	const char *why = NULL;

	apns_id(id, lp_cstr(b->nsp), lp_cstr(b->id), lp_cstr(s->client));
	webpush_topic(collapse, lp_cstr(b->nsp), lp_cstr(b->id));
	snprintf(expiration, sizeof(expiration), "%" PRId64, until);
	if (*b->entry->apns.topic)
		why = sending_header(request, "apns-topic", lp_cstr(b->entry->apns.topic));
	sending_header(request, "apns-id", lp_cstr(id));
	sending_header(request, "apns-collapse-id", lp_cstr(collapse));
	sending_header(request, "apns-expiration", lp_cstr(expiration));
	sending_header(request, "apns-push-type", lp_cstr(b->background ? "background" : "alert"));
	sending_header(request, "apns-priority", lp_cstr(b->background ? "5" : "10"));
	sending_header(request, "content-type", LP_STR("application/json"));
	return why;
}

static const char *begin(struct sending *s, struct h2_request *request)
{
	struct batch *b = s->batch;
	struct lp_buf text = {0};
	const char *why = add_headers(s, request);

	if (!why && *b->entry->apns.token_key) {
		const struct cached_token *t = apns_token(b->p->tokens, b->entry, lp_wall_ms());

		if (!t)
			return "token_key can not sign";
		s->credential_made = t->made;
		lp_buf_addf(&text, "bearer %s", t->text);
		why = sending_header(request, "authorization", lp_buf_str(&text));
		lp_buf_clear(&text);
	}
	lp_buf_addf(&request->path, "/3/device/%s", s->token);
	request->body = lp_blob_ref(b->payload);
	return why;
}

static void judge(struct sending *s, const struct h2_answer *answer)
{
	apns_judge(&s->judgement, answer->status, answer->body, answer->retry_ms);
	if (s->judgement.renew && !apns_token_renew(s->batch->p->tokens, s->batch->entry,
						    s->credential_made, lp_wall_ms()))
		s->judgement.retry_ms = WAIT_MS; /* one of the clocks is wrong */
}

static void clear(struct sending *s)
{
}

const struct sender apns_sender = {
	.prepare = prepare,
	.send = apns_send,
	.begin = begin,
	.judge = judge,
	.clear = clear,
};
