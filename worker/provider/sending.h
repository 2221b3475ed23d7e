/*
 * Inside of the providers: one message to one device, and what each kind of provider does with it.
 * Programs use provider.h only.
 */
#ifndef SENDING_H
#define SENDING_H

#include <sys/queue.h>

#include "worker/provider/channel.h"
#include "worker/provider/content.h"
#include "worker/provider/fcm_access.h"
#include "worker/provider/judgement.h"
#include "worker/provider/provider.h"
#include "worker/provider/token_cache.h"
#include "worker/provider/webpush.h"

struct tenant;

TAILQ_HEAD(sending_list, sending);

struct providers {
	const struct settings *settings;
	struct secret_keys *keys;
	struct channels *channels;
	struct token_cache *tokens; /* of APNs and Web Push */
	struct fcm_access *access;
	struct event *turn;        /* there is something in ended */
	struct sending_list ended; /* judged, to be told at the next turn */
	struct sending_list all;
	struct tenant *tenants;
	struct provider_stats stats[PROVIDER_TYPES];
};

/* What the devices of one providers_send() share; the last sending frees it. */
struct batch {
	struct providers *p;
	unsigned refs;
	struct provider_set *set; /* held */
	const struct provider_entry *entry;
	char *nsp, *id, *room;
	uint64_t expires;
	provider_cb cb;
	bool background;
	struct lp_blob *payload; /* APNs: the body; FCM, Web Push: what the body is made of */
	struct channel *channel; /* APNs, FCM: of this call of providers_send() */
};

struct sending {
	TAILQ_ENTRY(sending) entry; /* in ended, when it is */
	TAILQ_ENTRY(sending) every;
	struct batch *batch;
	struct tenant *tenant;
	void *arg;
	char *token, *client;
	struct subscription subscription; /* Web Push */
	struct fcm_account *account;      /* FCM; held */
	struct fcm_wait wait;             /* FCM */
	uint64_t credential_made;         /* of what it was sent with */
	struct judgement judgement;
	int status;
	bool unsure;
	bool not_now; /* begin() could not, and another time may */
};

struct sender {
	/* Makes b->payload. Returns why nothing can be sent (static text), or NULL. */
	const char *(*prepare)(struct batch *b, const struct content *c,
			       const struct content_ids *ids);
	/* Looks at the device's token and hands over to a channel, or ends it with one of those below. */
	void (*send)(struct sending *s);
	/* A place is free; see channel_ops. */
	const char *(*begin)(struct sending *s, struct h2_request *request);
	/* Makes s->judgement from an answer. */
	void (*judge)(struct sending *s, const struct h2_answer *answer);
	void (*clear)(struct sending *s);
};

extern const struct sender apns_sender;
extern const struct sender fcm_sender;
extern const struct sender webpush_sender;

/* To that channel; NULL: there is none to be had. */
void sending_call(struct sending *s, struct channel *ch);
/* Without having been sent: the result is told at the next turn of the loop. */
void sending_refuse(struct sending *s, const char *why);
void sending_retry(struct sending *s, uint64_t ms, const char *why);

/* A header that is ours; a value that could end the line is the reason returned, else NULL. */
const char *sending_header(struct h2_request *request, const char *name, struct lp_str value);

#endif
