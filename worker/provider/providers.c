/* The door of provider.h: batches, results, and the bounds of each namespace. */
#include "config.h"

#include <event2/event.h>
#include <stdlib.h>

#include "common/lp_hash.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "worker/provider/fcm_access.h"
#include "worker/provider/sending.h"

#define TOKENS_MAX 10000u
/* Where nothing better is known. */
#define RETRY_MS 1000u

/* One namespace at one type of provider; exists while it has something under way. */
struct tenant {
	UT_hash_handle hh;
	size_t count;
	size_t name_len;
	char name[];
};

static const struct sender *const senders[PROVIDER_TYPES] = {
	[PROVIDER_APNS] = &apns_sender,
	[PROVIDER_FCM] = &fcm_sender,
	[PROVIDER_WEBPUSH] = &webpush_sender,
};

/* --- tenants --- */

static struct tenant *tenant_find(const struct providers *p, enum provider_type type,
				  struct lp_str nsp, struct lp_buf *name)
{
	struct tenant *t;

	lp_buf_addc(name, (char)('0' + type));
	lp_buf_adds(name, nsp);
	HASH_FIND(hh, p->tenants, name->data, name->len, t);
	return t;
}

static struct tenant *tenant_hold(struct providers *p, enum provider_type type, struct lp_str nsp)
{
	struct lp_buf name = {0};
	struct tenant *t = tenant_find(p, type, nsp, &name);

	if (!t) {
		t = lp_xcalloc(1, sizeof(*t) + name.len);
		t->name_len = name.len;
		memcpy(t->name, name.data, name.len);
		HASH_ADD_KEYPTR(hh, p->tenants, t->name, t->name_len, t);
	}
	t->count++;
	lp_buf_clear(&name);
	return t;
}

static void tenant_release(struct providers *p, struct tenant *t)
{
	if (--t->count)
		return;
	HASH_DEL(p->tenants, t);
	free(t);
}

static size_t tenant_max(const struct providers *p)
{
	return (size_t)(p->settings->provider_queue + p->settings->provider_concurrency);
}

size_t providers_room(const struct providers *p, enum provider_type type, struct lp_str nsp)
{
	struct lp_buf name = {0};
	struct tenant *t = tenant_find(p, type, nsp, &name);
	size_t used = t ? t->count : 0, max = tenant_max(p);

	lp_buf_clear(&name);
	return used < max ? max - used : 0;
}

/* --- one device --- */

static const struct sender *sender_of(const struct sending *s)
{
	return senders[s->batch->entry->type];
}

static struct provider_stats *stats_of(struct sending *s)
{
	return &s->batch->p->stats[s->batch->entry->type];
}

static void batch_release(struct batch *b)
{
	if (--b->refs)
		return;
	provider_set_release(b->set);
	lp_blob_unref(b->payload);
	free(b->nsp);
	free(b->id);
	free(b->room);
	free(b);
}

static struct sending *sending_new(struct batch *b, const struct provider_device *device)
{
	struct sending *s = lp_xcalloc(1, sizeof(*s));

	b->refs++;
	s->batch = b;
	s->arg = device->arg;
	s->token = lp_xstrndup(device->token);
	s->client = lp_xstrndup(device->client);
	TAILQ_INSERT_TAIL(&b->p->all, s, every);
	b->p->stats[b->entry->type].held++;
	return s;
}

static void sending_free(struct sending *s)
{
	struct providers *p = s->batch->p;

	sender_of(s)->clear(s);
	stats_of(s)->held--;
	TAILQ_REMOVE(&p->all, s, every);
	if (s->tenant)
		tenant_release(p, s->tenant);
	free(s->token);
	free(s->client);
	batch_release(s->batch);
	free(s);
}

/* The judgement is made. */
static void tell(struct sending *s)
{
	struct batch *b = s->batch;
	struct provider_result result = {
		.outcome = s->judgement.outcome,
		.type = b->entry->type,
		.name = lp_cstr(b->entry->name),
		.status = s->status,
		.reason = lp_cstr(s->judgement.reason),
		.retry_ms = s->judgement.retry_ms,
		.unsure = s->unsure,
	};

	if (result.outcome == PROVIDER_RETRY && !result.retry_ms)
		result.retry_ms = RETRY_MS;
	stats_of(s)->results[result.outcome]++;
	b->cb(s->arg, &result);
	sending_free(s);
}

/* The functions of provider.h's callers are not called from inside their own calls. */
static void end_later(struct sending *s)
{
	static const struct timeval now = {0, 0};
	struct providers *p = s->batch->p;

	TAILQ_INSERT_TAIL(&p->ended, s, entry);
	event_add(p->turn, &now);
}

void sending_refuse(struct sending *s, const char *why)
{
	s->judgement = (struct judgement){.outcome = PROVIDER_REFUSED};
	judgement_reason(&s->judgement, lp_cstr(why), 0);
	end_later(s);
}

void sending_retry(struct sending *s, uint64_t ms, const char *why)
{
	judgement_retry(&s->judgement, ms, RETRY_MS);
	judgement_reason(&s->judgement, lp_cstr(why), 0);
	end_later(s);
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct providers *p = arg;
	struct sending_list now;
	struct sending *s;

	/* What the functions add is for the next turn. */
	TAILQ_INIT(&now);
	TAILQ_CONCAT(&now, &p->ended, entry);
	while ((s = TAILQ_FIRST(&now))) {
		TAILQ_REMOVE(&now, s, entry);
		tell(s);
	}
}

/* --- the channel's side --- */

static const char *on_begin(void *arg, struct h2_request *request)
{
	struct sending *s = arg;
	const char *why;

	if (s->batch->expires <= lp_wall_ms())
		return "the message has expired";
	why = sender_of(s)->begin(s, request);
	if (why) {
		lp_buf_clear(&request->headers);
		lp_blob_unref(request->body);
		request->body = NULL;
		lp_buf_clear(&request->path);
		return why;
	}
	stats_of(s)->requests++;
	return NULL;
}

/* No answer, or not even asked. */
static void judge_silence(struct sending *s, const struct channel_result *result)
{
	struct judgement *j = &s->judgement;

	*j = (struct judgement){.outcome = PROVIDER_REFUSED};
	if (result->end != CHANNEL_INVALID || s->not_now)
		judgement_retry(j, result->retry_ms, RETRY_MS);
	judgement_reason(j, lp_cstr(result->answer.why), 0);
	if (result->end == CHANNEL_FAILED) {
		s->unsure = result->answer.sent;
		stats_of(s)->failed++;
	}
}

static void on_done(void *arg, const struct channel_result *result)
{
	struct sending *s = arg;

	if (result->end == CHANNEL_ANSWERED) {
		s->status = result->answer.status;
		sender_of(s)->judge(s, &result->answer);
		if (s->judgement.pause)
			channel_pause(result->channel, s->judgement.retry_ms);
	} else {
		judge_silence(s, result);
	}
	tell(s);
}

void sending_call(struct sending *s, struct channel *ch)
{
	static const struct channel_ops ops = {on_begin, on_done};

	if (ch)
		channel_call(ch, lp_cstr(s->batch->nsp), &ops, s);
	else
		sending_retry(s, 0, "too many servers are in use");
}

const char *sending_header(struct h2_request *request, const char *name, struct lp_str value)
{
	return h2_header(&request->headers, name, value) ? NULL : "a header can not be sent";
}

/* --- from outside --- */

static struct batch *batch_new(struct providers *p, const struct provider_entry *entry,
			       const struct provider_message *m, provider_cb cb)
{
	struct batch *b = lp_xcalloc(1, sizeof(*b));

	b->p = p;
	b->refs = 1;
	b->entry = entry;
	b->set = provider_set_hold(entry->set);
	b->nsp = lp_xstrndup(m->nsp);
	b->id = lp_xstrndup(m->id);
	b->room = lp_xstrndup(m->room);
	b->expires = m->expires;
	b->cb = cb;
	return b;
}

static const char *prepare(struct batch *b, const struct provider_message *m)
{
	struct content_ids ids = {m->nsp, m->id, m->room};
	struct content content;
	const char *why;

	if (b->entry->broken)
		return b->entry->broken;
	if (m->expires <= lp_wall_ms())
		return "the message has expired";
	content_read(&content, m->data, b->p->settings->apns_aps_alert);
	b->background = content.background;
	why = senders[b->entry->type]->prepare(b, &content, &ids);
	content_clear(&content);
	return why;
}

void providers_send(struct providers *p, const struct provider_entry *entry,
		    const struct provider_message *message, const struct provider_device *devices,
		    size_t count, provider_cb cb)
{
	struct batch *b = batch_new(p, entry, message, cb);
	const char *why = prepare(b, message);
	size_t room = providers_room(p, entry->type, message->nsp);

	for (size_t i = 0; i < count; i++) {
		struct sending *s = sending_new(b, &devices[i]);

		if (why) {
			sending_refuse(s, why);
		} else if (i >= room) {
			sending_retry(s, 0, "too many wait");
		} else {
			s->tenant = tenant_hold(p, entry->type, message->nsp);
			senders[entry->type]->send(s);
		}
	}
	b->channel = NULL;
	batch_release(b);
}

struct provider_set *providers_read(const struct providers *p, struct lp_str nsp,
				    struct lp_str push_providers, struct lp_str apns_list)
{
	return provider_set_new(nsp, push_providers, apns_list, p->keys,
				p->settings->fcm_token_hosts);
}

const struct provider_stats *providers_stats(const struct providers *p, enum provider_type type)
{
	return &p->stats[type];
}

struct providers *providers_new(struct event_base *base, const struct settings *settings)
{
	struct channels_conf conf = {
		.ca_file = settings->provider_ca_file,
		.streams = (unsigned)settings->provider_streams,
		.concurrency = (unsigned)settings->provider_concurrency,
		.queue = (unsigned)settings->provider_queue,
		.timeout_ms = (unsigned)settings->provider_timeout,
		.idle_ms = (uint64_t)settings->provider_idle,
	};
	struct channels *channels = channels_new(base, &conf);
	struct lp_buf why = {0};
	struct providers *p;

	if (!channels) {
		lp_error("provider", "libcurl can not be used");
		return NULL;
	}
	p = lp_xcalloc(1, sizeof(*p));
	p->settings = settings;
	p->channels = channels;
	p->keys = secret_keys_new(settings->secret_keys, &why);
	p->tokens = token_cache_new(TOKENS_MAX);
	p->access = fcm_access_new(channels, &p->stats[PROVIDER_FCM]);
	p->turn = evtimer_new(base, on_turn, p);
	TAILQ_INIT(&p->ended);
	TAILQ_INIT(&p->all);
	lp_buf_clear(&why);
	return p;
}

void providers_free(struct providers *p)
{
	struct sending *s;

	if (!p)
		return;
	channels_free(p->channels);
	while ((s = TAILQ_FIRST(&p->all)))
		sending_free(s);
	fcm_access_free(p->access);
	token_cache_free(p->tokens);
	secret_keys_free(p->keys);
	event_free(p->turn);
	free(p);
}
