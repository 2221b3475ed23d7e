#include "config.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/push/credential.h"
#include "common/push/provider_conf.h"

#define ENTRIES_MAX 1000u

struct kept {
	struct kept *next;
	size_t n;
	char text[];
};

struct provider_set {
	unsigned refs;
	struct kept *kept;
	struct lp_str nsp;
	size_t count;
	struct provider_entry **entries;
};

/* What the readers of the fields need. */
struct reading {
	struct provider_set *set;
	const struct secret_keys *keys;
	const char *hosts;
	struct json_object *from;
	struct provider_entry *entry;
};

static const char *keep(struct provider_set *set, struct lp_str s)
{
	struct kept *k;

	if (!s.n)
		return "";
	k = lp_xmalloc(sizeof(*k) + s.n + 1);
	k->n = s.n;
	memcpy(k->text, s.p, s.n);
	k->text[s.n] = 0;
	k->next = set->kept;
	set->kept = k;
	return k->text;
}

/* Text, or a number as text: forms send one, JSON the other. */
static const char *get(struct reading *r, const char *name)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(r->from, name, &value) ||
	    json_object_is_type(value, json_type_object) ||
	    json_object_is_type(value, json_type_array))
		return "";
	return keep(r->set, lp_cstr(json_object_get_string(value)));
}

/* In the clear, also one that light-push 1.x or an installation without secret_keys stored so. */
static const char *get_secret(struct reading *r, const char *name)
{
	struct lp_str value = lp_json_str(r->from, name);
	struct lp_buf place = {0}, clear = {0};
	const char *text = "";
	int rc;

	if (!secret_sealed(value))
		return keep(r->set, value);
	provider_place(&place, r->set->nsp, lp_cstr(r->entry->name), name);
	rc = secret_open(&clear, r->keys, lp_buf_str(&place), value);
	if (rc == LP_OK)
		text = keep(r->set, lp_buf_str(&clear));
	else
		r->entry->broken = rc == LP_ENOENT ? "secret_keys has not the key of its secrets"
						   : "its secrets can not be decrypted";
	if (clear.data)
		OPENSSL_cleanse(clear.data, clear.len);
	lp_buf_clear(&clear);
	lp_buf_clear(&place);
	return text;
}

static void broken(struct reading *r, const char *why)
{
	if (!r->entry->broken)
		r->entry->broken = why;
}

static void read_apns(struct reading *r)
{
	struct provider_entry *e = r->entry;
	const char *expiration = get(r, "apns_expiration");

	e->apns.sandbox = strcmp(get(r, "apns_env"), "dev") == 0;
	e->apns.expiration = *expiration ? strtoll(expiration, NULL, 10) : -1;
	e->apns.topic = get(r, "apns_topic");
	e->apns.key_id = get(r, "token_keyId");
	e->apns.team_id = get(r, "token_teamId");
	e->apns.token_key = get_secret(r, "token_key");
	e->apns.cert = get_secret(r, e->apns.sandbox ? "apns_dev_cert" : "apns_production_cert");
	e->apns.key = get_secret(r, e->apns.sandbox ? "apns_dev_key" : "apns_production_key");
	if (*e->apns.cert && !*e->apns.key)
		e->apns.key = e->apns.cert; /* one file with both */
	if (*e->apns.cert)
		certificate_check(lp_cstr(e->apns.cert), lp_cstr(e->apns.key), 0, &e->apns.expires);
	if (!*e->apns.token_key && !*e->apns.cert)
		broken(r, "it has neither token_key nor a certificate for its apns_env");
	else if (*e->apns.token_key && (!*e->apns.key_id || !*e->apns.team_id || !*e->apns.topic))
		broken(r, "token_key needs token_keyId, token_teamId and apns_topic");
}

static void read_fcm(struct reading *r)
{
	struct provider_entry *e = r->entry;
	struct service_account account = {.project_id = NULL};
	const char *why =
		service_account_read(&account, lp_cstr(get_secret(r, "service_account")), r->hosts);

	if (why)
		broken(r, why);
	e->fcm.project_id = keep(r->set, lp_cstr(account.project_id));
	e->fcm.client_email = keep(r->set, lp_cstr(account.client_email));
	e->fcm.private_key = keep(r->set, lp_cstr(account.private_key));
	e->fcm.key_id = keep(r->set, lp_cstr(account.key_id));
	e->fcm.token_uri = keep(r->set, lp_cstr(account.token_uri));
	service_account_clear(&account);
}

static void read_webpush(struct reading *r)
{
	struct provider_entry *e = r->entry;
	struct lp_buf public = {0};
	EVP_PKEY *key;

	e->webpush.private_key = get_secret(r, "vapid_private_key");
	e->webpush.subject = get(r, "vapid_subject");
	key = vapid_key_read(lp_cstr(e->webpush.private_key));
	if (key)
		vapid_public_key(&public, key);
	else
		broken(r, "it has no vapid_private_key that can be read");
	e->webpush.public_key = keep(r->set, lp_buf_str(&public));
	EVP_PKEY_free(key);
	lp_buf_clear(&public);
}

static void read_entry(struct reading *r)
{
	static void (*const readers[PROVIDER_TYPES])(struct reading *) = {read_apns, read_fcm,
									  read_webpush};
	struct provider_set *set = r->set;
	struct lp_str name = lp_json_str(r->from, "name");
	enum provider_type type = provider_type_parse(lp_json_str(r->from, "type"));

	if (!name.n || type == PROVIDER_TYPES || set->count == ENTRIES_MAX ||
	    provider_set_find(set, name))
		return;
	r->entry = lp_xcalloc(1, sizeof(*r->entry));
	r->entry->set = set;
	r->entry->type = type;
	r->entry->name = keep(set, name);
	readers[type](r);
	set->entries = lp_xrealloc(set->entries, (set->count + 1) * sizeof(*set->entries));
	set->entries[set->count++] = r->entry;
}

static void read_list(struct reading *r, struct lp_str text)
{
	struct json_object *list = NULL;

	if (!text.n || lp_json_parse(text, &list) != LP_OK)
		return;
	if (json_object_is_type(list, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(list); i++) {
			r->from = json_object_array_get_idx(list, i);
			read_entry(r);
		}
	}
	json_object_put(list);
}

struct provider_set *provider_set_new(struct lp_str nsp, struct lp_str push_providers,
				      struct lp_str apns_list, const struct secret_keys *keys,
				      const char *token_hosts)
{
	struct provider_set *set = lp_xcalloc(1, sizeof(*set));
	struct reading r = {.set = set, .keys = keys, .hosts = token_hosts};

	set->refs = 1;
	set->nsp = lp_cstr(keep(set, nsp));
	read_list(&r, push_providers);
	read_list(&r, apns_list);
	return set;
}

struct provider_set *provider_set_hold(struct provider_set *set)
{
	set->refs++;
	return set;
}

void provider_set_release(struct provider_set *set)
{
	struct kept *k, *next;

	if (!set || --set->refs)
		return;
	for (k = set->kept; k; k = next) {
		next = k->next;
		OPENSSL_cleanse(k->text, k->n);
		free(k);
	}
	for (size_t i = 0; i < set->count; i++)
		free(set->entries[i]);
	free(set->entries);
	free(set);
}

const struct provider_entry *provider_set_find(const struct provider_set *set, struct lp_str name)
{
	for (size_t i = 0; i < set->count; i++) {
		if (lp_str_eq(lp_cstr(set->entries[i]->name), name))
			return set->entries[i];
	}
	return NULL;
}

const struct provider_entry *provider_set_at(const struct provider_set *set, size_t i)
{
	return i < set->count ? set->entries[i] : NULL;
}

struct lp_str provider_set_namespace(const struct provider_set *set)
{
	return set->nsp;
}
