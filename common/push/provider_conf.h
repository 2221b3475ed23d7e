/*
 * A namespace's push providers as the worker uses them: the entries that B:conf holds in the
 * fields push_providers and apns_list (of light-push 1.x and of saves before push_providers came;
 * an entry of push_providers wins over one of the same name there), with their secrets in the
 * clear. No I/O.
 *
 * A client's token for the entry NAME is the field device_token:NAME of its record; device_token
 * alone is the APNs token of an ios client, for the entry that the push's apnsName names or
 * "default", of its own namespace or else of "/".
 */
#ifndef PROVIDER_CONF_H
#define PROVIDER_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp_str.h"
#include "common/push/provider_fields.h"
#include "common/push/secret_box.h"

/* Strings are never NULL, "" when not set; they belong to the set. */
struct provider_entry {
	struct provider_set *set;
	enum provider_type type;
	const char *name;
	/* Why it can not be used ("token_key can not be decrypted"); NULL: it can. */
	const char *broken;
	union {
		struct {
			bool sandbox;
			int64_t expiration; /* s a notification is kept by APNs; -1: the message's */
			const char *topic;
			const char *cert, *key; /* PEM, of the environment; "": token */
			int64_t expires;        /* s since 1970: when cert does; 0: unknown */
			const char *token_key, *key_id, *team_id;
		} apns;
		struct {
			const char *project_id, *client_email, *private_key, *key_id, *token_uri;
		} fcm;
		struct {
			const char *private_key; /* PEM or base64url */
			const char *public_key;  /* base64url of the uncompressed point */
			const char *subject;     /* mailto: or https: */
		} webpush;
	};
};

struct provider_set;

/*
 * The entries in the texts that Redis has (either may be empty); what can not be read in them is
 * left out. keys: NULL when no secret_keys are set. token_hosts: the setting fcm_token_hosts. One
 * reference.
 */
struct provider_set *provider_set_new(struct lp_str nsp, struct lp_str push_providers,
				      struct lp_str apns_list, const struct secret_keys *keys,
				      const char *token_hosts);
struct provider_set *provider_set_hold(struct provider_set *set);
void provider_set_release(struct provider_set *set);

/* NULL when there is none of that name. */
const struct provider_entry *provider_set_find(const struct provider_set *set, struct lp_str name);
/* In the order they were saved in; NULL past the last. */
const struct provider_entry *provider_set_at(const struct provider_set *set, size_t i);
struct lp_str provider_set_namespace(const struct provider_set *set);

#endif
