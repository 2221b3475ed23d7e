/*
 * One device that a message is to be sent to, and the providers that reach it: which is next, by
 * what has been tried already and by the order in the setting offline_providers.
 */
#ifndef OFFLINE_DEVICE_H
#define OFFLINE_DEVICE_H

#include "common/lp_str.h"
#include "common/push/provider_conf.h"

struct walk;
struct redisReply;

struct offline_device {
	struct offline_device *prev, *next; /* in one of the walk's lists */
	struct walk *walk;
	struct lp_str client; /* the strings lie behind it */
	struct lp_str lines;  /* what happened so far, see lua/lib/offline.lua */
	size_t token_count;
	struct offline_token {
		struct lp_str field; /* device_token, or device_token:<entry> */
		struct lp_str token;
	} tokens[];
};

/* A row of offline_slice.lua; NULL when it is none. The caller frees. */
struct offline_device *offline_device_read(const struct redisReply *row);

/* What to send to the device with. */
struct offline_choice {
	const struct provider_entry *entry; /* NULL: nothing is left */
	const struct offline_token *token;
	bool more;   /* there is another token to try when this one is gone */
	bool others; /* there is another entry to try when this one refuses */
};

/*
 * own, root: the providers of the namespace and of "/". apns_name: of the push, may be empty.
 * order: names of types with commas between; those missing come last.
 */
struct offline_choice offline_device_choose(const struct offline_device *d,
					    const struct provider_set *own,
					    const struct provider_set *root,
					    struct lp_str apns_name, const char *order);

#endif
