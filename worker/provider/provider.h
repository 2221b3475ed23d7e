/*
 * Push providers behind one interface: a message is sent to a batch of devices through one entry
 * of a namespace's push_providers, and each device gets a result. Everything runs on the worker's
 * loop; HTTP/2, one connection per provider (and per certificate), many requests on it.
 *
 *     set = providers_read(p, what Redis has)         a namespace's entries, ready for use
 *     entry = provider_set_find(set, name)            "default", the push's apnsName, ...
 *     providers_send(p, entry, message, devices)      -> cb per device, later
 *     provider_set_release(set)                       at once: what is under way holds it
 */
#ifndef PROVIDER_H
#define PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp_str.h"
#include "common/push/provider_conf.h"
#include "common/settings.h"

struct providers;
struct event_base;

enum provider_outcome {
	PROVIDER_DELIVERED, /* the provider took it over */
	PROVIDER_RETRY,     /* not now: again after retry_ms */
	PROVIDER_GONE,      /* nobody has this token any more: forget it, if it is still the same */
	PROVIDER_REFUSED,   /* will be refused again: give up */
};

/* Lives as long as the call of the function that gets it. */
struct provider_result {
	enum provider_outcome outcome;
	enum provider_type type;
	struct lp_str name;   /* of the entry */
	int status;           /* of the provider's answer; 0: there was none */
	struct lp_str reason; /* the provider's own word, or one line of ours; empty: DELIVERED */
	uint64_t retry_ms;    /* RETRY: from now, at least 1 */
	/*
	 * RETRY: the request went out and its answer did not come. The provider may have it; a
	 * second one carries the same collapse id, so that the device shows it once.
	 */
	bool unsure;
};

/* arg is that of the device. Comes once per device, never from inside providers_send(). */
typedef void (*provider_cb)(void *arg, const struct provider_result *result);

/* Copied as far as needed. */
struct provider_message {
	struct lp_str nsp; /* whose message: places are shared out by it */
	struct lp_str id;
	struct lp_str room;
	struct lp_str data; /* pushData as stored: the text of a JSON object or array */
	uint64_t expires;   /* ms of the wall clock; past: every device is REFUSED */
};

struct provider_device {
	struct lp_str client; /* its id */
	struct lp_str token;  /* as the device gave it; Web Push: the subscription, JSON text */
	void *arg;
};

/* Counted since the start, by type. */
struct provider_stats {
	size_t held;                            /* devices whose result is to come */
	uint64_t results[PROVIDER_REFUSED + 1]; /* by outcome */
	uint64_t requests;                      /* sent, fetches of access tokens included */
	uint64_t failed;                        /* of these: no answer */
};

/*
 * settings are borrowed. NULL when libcurl can not be started (logged).
 */
struct providers *providers_new(struct event_base *base, const struct settings *settings);
/* What is still under way is called off: no function is called for it. */
void providers_free(struct providers *p);
const struct provider_stats *providers_stats(const struct providers *p, enum provider_type type);

/* As provider_set_new(), with the keys of the settings. */
struct provider_set *providers_read(const struct providers *p, struct lp_str nsp,
				    struct lp_str push_providers, struct lp_str apns_list);

/*
 * How many devices can be sent to now for nsp by way of that type; more get RETRY. Ask again when
 * results came.
 */
size_t providers_room(const struct providers *p, enum provider_type type, struct lp_str nsp);

void providers_send(struct providers *p, const struct provider_entry *entry,
		    const struct provider_message *message, const struct provider_device *devices,
		    size_t count, provider_cb cb);

#endif
