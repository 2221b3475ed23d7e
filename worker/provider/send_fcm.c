/* Sending through FCM: one connection for all projects, an access token for each account. */
#include "config.h"

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "worker/provider/fcm.h"
#include "worker/provider/fcm_access.h"
#include "worker/provider/sending.h"

static const char *prepare(struct batch *b, const struct content *c, const struct content_ids *ids)
{
	struct lp_buf message = {0};
	char tag[33];
	uint64_t now = lp_wall_ms();
	int rc;

	webpush_topic(tag, ids->nsp, ids->id);
	rc = fcm_message(&message, c, ids,
			 b->expires > now ? (int64_t)(b->expires - now) / 1000 : 0, lp_cstr(tag));
	if (rc == LP_OK)
		b->payload = lp_blob_new(message.data, message.len);
	lp_buf_clear(&message);
	return rc == LP_OK ? NULL : "the payload is more than 4096 bytes";
}

static void call(struct sending *s)
{
	struct batch *b = s->batch;
	struct channel_key key = {.origin = lp_cstr(b->p->settings->fcm_address)};

	sending_call(s, channels_get(b->p->channels, &key));
}

static void on_token(void *arg, const char *why, uint64_t retry_ms)
{
	struct sending *s = arg;

	if (!why)
		call(s);
	else if (retry_ms)
		sending_retry(s, retry_ms, why);
	else
		sending_refuse(s, why);
}

static void fcm_send(struct sending *s)
{
	struct lp_str token = lp_cstr(s->token);
	uint64_t paused, retry_ms = 0;
	const char *why;

	s->account = fcm_account_hold(s->batch->p->access, s->batch->entry);
	paused = fcm_account_paused(s->account);
	if (!token.n || token.n > FCM_TOKEN_MAX || !lp_utf8_valid(token)) {
		sending_refuse(s, "UNREGISTERED: it is no token");
		s->judgement.outcome = PROVIDER_GONE;
	} else if (paused) {
		sending_retry(s, paused, "the project is left alone for a while");
	} else if (fcm_account_token(s->account)) {
		call(s);
	} else if ((why = fcm_account_refused(s->account, &retry_ms))) {
		on_token(s, why, retry_ms);
	} else {
		s->wait = (struct fcm_wait){.done = on_token, .arg = s};
		if (!fcm_account_wait(s->account, &s->wait))
			sending_retry(s, 0, "too many servers are in use");
	}
}

static const char *begin(struct sending *s, struct h2_request *request)
{
	struct batch *b = s->batch;
	const char *token = fcm_account_token(s->account), *why;
	struct lp_buf text = {0};

	s->not_now = true;
	if (fcm_account_paused(s->account))
		return "the project is left alone for a while";
	if (!token)
		return "the access token came to its end";
	s->not_now = false;
	s->credential_made = fcm_account_since(s->account);
	lp_buf_addf(&text, "Bearer %s", token);
	why = sending_header(request, "authorization", lp_buf_str(&text));
	sending_header(request, "content-type", LP_STR("application/json"));
	lp_buf_reset(&text);
	fcm_body(&text, lp_str(b->payload->data, b->payload->len), lp_cstr(s->token));
	request->body = lp_blob_new(text.data, text.len);
	lp_buf_addf(&request->path, "/v1/projects/%s/messages:send", b->entry->fcm.project_id);
	lp_buf_clear(&text);
	return why;
}

static void judge(struct sending *s, const struct h2_answer *answer)
{
	uint64_t paused;

	fcm_judge(&s->judgement, answer->status, answer->body, answer->retry_ms);
	if (s->judgement.renew)
		fcm_account_forget(s->account, s->credential_made);
	else
		fcm_account_accepted(s->account);
	if (s->judgement.pause_entry)
		fcm_account_pause(s->account, s->judgement.retry_ms);
	paused = fcm_account_paused(s->account);
	if (s->judgement.outcome == PROVIDER_RETRY && s->judgement.retry_ms < paused)
		s->judgement.retry_ms = paused;
}

static void clear(struct sending *s)
{
	if (!s->account)
		return;
	fcm_account_stop_waiting(s->account, &s->wait);
	fcm_account_release(s->account);
}

const struct sender fcm_sender = {
	.prepare = prepare,
	.send = fcm_send,
	.begin = begin,
	.judge = judge,
	.clear = clear,
};
