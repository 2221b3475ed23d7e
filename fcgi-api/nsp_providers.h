/*
 * The push providers of a namespace as a caller sees and changes them: push_providers, of which
 * apns_list is the APNs part. They are stored in push_providers alone; what earlier versions stored
 * in apns_list is taken along by the next save. Secrets are checked, then sealed. No I/O.
 */
#ifndef NSP_PROVIDERS_H
#define NSP_PROVIDERS_H

#include <json-c/json.h>

#include "common/lp_buf.h"
#include "common/model/ident.h"
#include "common/push/secret_keys.h"
#include "fcgi-api/api_error.h"

#define NSP_PROVIDERS_MAX 50u /* entries */

/* What a save depends on beside its texts; all borrowed. */
struct nsp_providers {
	struct lp_str nsp;
	const struct secret_keys *keys; /* NULL: secrets are refused */
	const char *token_hosts;        /* the setting fcm_token_hosts */
	const struct ident_rules *rules;
	int64_t now; /* s since 1970 */
};

/* A save that was refused. */
struct nsp_wrong {
	struct lp_buf field; /* push_providers[NAME].token_key */
	const char *msg;     /* static; NULL: the error's own */
};

/*
 * Appends the new push_providers (nothing when there are none left): what is stored in both fields
 * with the changes merged in by name. An entry with "del" removes; a known one is updated field by
 * field; others are added. A field given as null is taken away, one given as "" too unless it is
 * secret: a form can not show those, and sends them empty. Secrets that an older one of keys sealed
 * are sealed with the first. Changes may be NULL; those of apns_list are all of the type apns. API_OK,
 * or the error with *wrong.
 */
enum api_error nsp_providers_merge(struct lp_buf *out, const struct nsp_providers *env,
				   struct lp_str push_providers, struct lp_str apns_list,
				   struct json_object *push_changes,
				   struct json_object *apns_changes,
				   struct nsp_wrong *wrong) LP_MUSTCHECK;

/*
 * Appends the entries in the two stored texts as they may be shown, or null when there are none: of
 * secrets whether they are set, of certificates also when they end. apns: only those of apns_list.
 */
void nsp_providers_json(struct lp_buf *out, struct lp_str push_providers, struct lp_str apns_list,
			bool apns);

#endif
