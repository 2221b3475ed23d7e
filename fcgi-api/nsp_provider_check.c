#include "config.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "common/jwt/jwt_key.h"
#include "common/lp_json.h"
#include "common/push/credential.h"
#include "common/push/provider_fields.h"
#include "common/push/secret_box.h"
#include "fcgi-api/nsp_provider_check.h"

static const char *const locked = "its secret can not be decrypted with secret_keys, give it again";

struct checking {
	const struct nsp_providers *env;
	struct json_object *entry, *change;
	const char *field; /* that is looked at */
};

static bool touched(const struct checking *c, const char *field)
{
	return json_object_object_get_ex(c->change, field, NULL);
}

static void wipe(struct lp_buf *text)
{
	if (text->data)
		OPENSSL_cleanse(text->data, text->len);
	lp_buf_clear(text);
}

/* Appends a field in the clear. False when it can not be opened. */
static bool read_secret(const struct checking *c, const char *field, struct lp_buf *out)
{
	struct lp_str text = lp_json_str(c->entry, field);
	struct lp_buf place = {0};
	int rc = LP_OK;

	if (!secret_sealed(text)) {
		lp_buf_adds(out, text);
		return true;
	}
	provider_place(&place, c->env->nsp, lp_json_str(c->entry, "name"), field);
	rc = secret_open(out, c->env->keys, lp_buf_str(&place), text);
	lp_buf_clear(&place);
	return rc == LP_OK;
}

static const char *certificate_wrong(struct checking *c, struct lp_str cert, struct lp_str key,
				     const char *key_field)
{
	int64_t expires;

	switch (certificate_check(cert, key, c->env->now, &expires)) {
	case CERTIFICATE_UNREADABLE:
		return "it is no certificate in PEM";
	case CERTIFICATE_EXPIRED:
		return "the certificate has expired";
	case CERTIFICATE_NOT_YET:
		return "the certificate is not valid yet";
	case CERTIFICATE_KEY_UNREADABLE:
		c->field = key_field;
		return "the certificate needs its private key, in PEM without a passphrase";
	case CERTIFICATE_KEY_MISMATCH:
		c->field = key_field;
		return "the key does not belong to the certificate";
	case CERTIFICATE_OK:
		break;
	}
	return NULL;
}

static const char *check_pair(struct checking *c, const char *cert_field, const char *key_field)
{
	struct lp_buf cert = {0}, key = {0};
	const char *why = NULL;

	c->field = cert_field;
	if (!touched(c, cert_field) && !touched(c, key_field))
		return NULL;
	if (!read_secret(c, cert_field, &cert)) {
		why = locked;
	} else if (!read_secret(c, key_field, &key)) {
		c->field = key_field;
		why = locked;
	} else if (cert.len || key.len) {
		why = certificate_wrong(c, lp_buf_str(&cert), lp_buf_str(&key), key_field);
	}
	wipe(&cert);
	wipe(&key);
	return why;
}

static const char *check_apns(struct checking *c)
{
	struct lp_str env = lp_json_str(c->entry, "apns_env");
	struct lp_str key = lp_json_str(c->entry, "token_key");
	const char *why = check_pair(c, "apns_dev_cert", "apns_dev_key");
	EVP_PKEY *read;

	if (!why)
		why = check_pair(c, "apns_production_cert", "apns_production_key");
	if (why)
		return why;
	c->field = "apns_env";
	if (touched(c, c->field) && env.n && !lp_str_eq(env, LP_STR("dev")) &&
	    !lp_str_eq(env, LP_STR("production")))
		return "it must be dev or production";
	c->field = "token_key";
	if (!touched(c, c->field) || !key.n || secret_sealed(key))
		return NULL;
	read = jwt_key_private(JWT_ES256, key);
	EVP_PKEY_free(read);
	return read ? NULL : "it is no private key on the curve P-256, as Apple's .p8 file has it";
}

static const char *check_fcm(struct checking *c)
{
	struct lp_str text = lp_json_str(c->entry, "service_account");
	struct service_account account = {.project_id = NULL};
	const char *why = NULL;

	c->field = "service_account";
	if (!secret_sealed(text))
		why = service_account_read(&account, text, c->env->token_hosts);
	service_account_clear(&account);
	return why;
}

static const char *check_webpush(struct checking *c)
{
	struct lp_str subject = lp_json_str(c->entry, "vapid_subject");
	struct json_object *shown = NULL;
	struct lp_buf text = {0}, public = {0};
	const char *why = NULL;
	EVP_PKEY *key = NULL;

	c->field = "vapid_private_key";
	if (!read_secret(c, c->field, &text))
		why = locked;
	else if (!(key = vapid_key_read(lp_buf_str(&text))))
		why = "it is no private key on the curve P-256, 32 bytes in base64url or PEM";
	if (key)
		vapid_public_key(&public, key);
	json_object_object_get_ex(c->entry, "vapid_public_key", &shown);
	if (!why && shown &&
	    !lp_str_eq(lp_json_str(c->entry, "vapid_public_key"), lp_buf_str(&public))) {
		c->field = "vapid_public_key";
		why = "it does not belong to vapid_private_key";
	} else if (!why && !lp_str_starts(subject, LP_STR("mailto:")) &&
		   !lp_str_starts(subject, LP_STR("https:"))) {
		c->field = "vapid_subject";
		why = "it must begin with mailto: or https:";
	}
	EVP_PKEY_free(key);
	lp_buf_clear(&public);
	wipe(&text);
	return why;
}

const char *nsp_provider_check(const struct nsp_providers *env, struct json_object *entry,
			       struct json_object *change, const char **field)
{
	static const char *(*const checks[PROVIDER_TYPES])(struct checking *) = {
		check_apns, check_fcm, check_webpush};
	struct checking c = {.env = env, .entry = entry, .change = change};
	const char *why = checks[provider_type_parse(lp_json_str(entry, "type"))](&c);

	*field = c.field;
	return why;
}
