#include "config.h"

#include <curl/curl.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <time.h>

#include "common/base64.h"
#include "common/jwt/jwt_key.h"
#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/push/credential.h"
#include "common/push/p256.h"

#define PEM_MAX  ((size_t)32 * 1024)
#define TEXT_MAX 300u

/* --- certificates --- */

/* Without one OpenSSL would ask at the terminal. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	return -1;
}

static X509 *read_certificate(struct lp_str text)
{
	BIO *bio = text.n && text.n <= PEM_MAX ? BIO_new_mem_buf(text.p, (int)text.n) : NULL;
	X509 *cert = bio ? PEM_read_bio_X509(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free(bio);
	return cert;
}

static EVP_PKEY *read_key(struct lp_str text)
{
	BIO *bio = text.n && text.n <= PEM_MAX ? BIO_new_mem_buf(text.p, (int)text.n) : NULL;
	EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;

	BIO_free(bio);
	return key;
}

static bool read_time(const ASN1_TIME *when, int64_t *seconds)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(when, &tm) != 1)
		return false;
	*seconds = (int64_t)timegm(&tm);
	return true;
}

static enum certificate_state check_times(X509 *cert, int64_t now, int64_t *expires)
{
	int64_t from;

	if (!read_time(X509_get0_notBefore(cert), &from) ||
	    !read_time(X509_get0_notAfter(cert), expires))
		return CERTIFICATE_UNREADABLE;
	if (*expires <= now)
		return CERTIFICATE_EXPIRED;
	return from > now ? CERTIFICATE_NOT_YET : CERTIFICATE_OK;
}

enum certificate_state certificate_check(struct lp_str cert_text, struct lp_str key_text,
					 int64_t now, int64_t *expires)
{
	X509 *cert = read_certificate(cert_text);
	EVP_PKEY *key = read_key(key_text.n ? key_text : cert_text);
	enum certificate_state state = CERTIFICATE_UNREADABLE;

	if (cert)
		state = check_times(cert, now, expires);
	if (state == CERTIFICATE_OK && !key)
		state = CERTIFICATE_KEY_UNREADABLE;
	else if (state == CERTIFICATE_OK && X509_check_private_key(cert, key) != 1)
		state = CERTIFICATE_KEY_MISMATCH;
	EVP_PKEY_free(key);
	X509_free(cert);
	ERR_clear_error();
	return state;
}

/* --- service accounts --- */

/* One line of plain text: parts of it go into URLs and headers. */
static bool plain(struct lp_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] <= ' ' || (unsigned char)s.p[i] >= 0x7f)
			return false;
	}
	return s.n && s.n <= TEXT_MAX;
}

/* Part of a path. */
static bool project_valid(struct lp_str s)
{
	return plain(s) && lp_str_find(s, '/') == s.n && lp_str_find(s, '?') == s.n &&
	       lp_str_find(s, '#') == s.n && lp_str_find(s, '%') == s.n;
}

static bool in_list(const char *item, const char *list)
{
	struct lp_str rest = lp_cstr(list);

	while (rest.n) {
		size_t comma = lp_str_find(rest, ',');

		if (lp_str_caseeq(lp_cstr(item), lp_str(rest.p, comma)))
			return true;
		rest = lp_str_from(rest, comma + 1);
	}
	return false;
}

static const char *check_uri(struct lp_str text, const char *hosts)
{
	const char *why = "its token_uri is no URL with https";
	CURLU *url = curl_url();
	char *copy = lp_xstrndup(text), *host = NULL, *user = NULL;

	if (url && plain(text) && lp_str_starts(text, LP_STR("https://")) &&
	    curl_url_set(url, CURLUPART_URL, copy, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
	    curl_url_get(url, CURLUPART_USER, &user, 0) != CURLUE_OK)
		why = in_list(host, hosts) ? NULL
					   : "its token_uri is not at one of fcm_token_hosts";
	curl_free(host);
	curl_free(user);
	curl_url_cleanup(url);
	free(copy);
	return why;
}

static const char *check_account(struct json_object *root, const char *hosts)
{
	EVP_PKEY *key;

	if (!lp_str_eq(lp_json_str(root, "type"), LP_STR("service_account")))
		return "it is not the JSON of a service account";
	if (!project_valid(lp_json_str(root, "project_id")))
		return "its project_id is missing or wrong";
	if (!plain(lp_json_str(root, "client_email")))
		return "its client_email is missing or wrong";
	if (!plain(lp_json_str(root, "private_key_id")))
		return "its private_key_id is missing or wrong";
	key = jwt_key_private(JWT_RS256, lp_json_str(root, "private_key"));
	if (!key)
		return "its private_key is no RSA key of at least 2048 bits";
	EVP_PKEY_free(key);
	return check_uri(lp_json_str(root, "token_uri"), hosts);
}

const char *service_account_read(struct service_account *account, struct lp_str text,
				 const char *hosts)
{
	struct json_object *root = NULL;
	const char *why = "it is not the JSON of a service account";

	if (text.n <= PEM_MAX && lp_json_parse(text, &root) == LP_OK)
		why = check_account(root, hosts);
	if (!why) {
		account->project_id = lp_xstrndup(lp_json_str(root, "project_id"));
		account->client_email = lp_xstrndup(lp_json_str(root, "client_email"));
		account->private_key = lp_xstrndup(lp_json_str(root, "private_key"));
		account->key_id = lp_xstrndup(lp_json_str(root, "private_key_id"));
		account->token_uri = lp_xstrndup(lp_json_str(root, "token_uri"));
	}
	json_object_put(root);
	return why;
}

void service_account_clear(struct service_account *account)
{
	if (account->private_key)
		OPENSSL_cleanse(account->private_key, strlen(account->private_key));
	free(account->project_id);
	free(account->client_email);
	free(account->private_key);
	free(account->key_id);
	free(account->token_uri);
	*account = (struct service_account){.project_id = NULL};
}

/* --- VAPID --- */

EVP_PKEY *vapid_key_read(struct lp_str text)
{
	struct lp_buf bytes = {0};
	EVP_PKEY *key = NULL;

	while (text.n && text.p[text.n - 1] == '=')
		text.n--;
	if (text.n > 64)
		return jwt_key_private(JWT_ES256, text);
	if (base64url_decode(&bytes, text) == LP_OK && bytes.len == P256_PRIVATE)
		key = p256_from_private((const unsigned char *)bytes.data);
	if (bytes.data)
		OPENSSL_cleanse(bytes.data, bytes.len);
	lp_buf_clear(&bytes);
	return key;
}

void vapid_public_key(struct lp_buf *out, EVP_PKEY *key)
{
	unsigned char point[P256_POINT];

	if (!p256_point(key, point))
		abort(); /* every key read here is on the curve */
	base64url_encode(out, lp_str((const char *)point, sizeof(point)));
}
