/* Certificates and service accounts, made here; keys of Web Push are in test_webpush.c. */
#include "config.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "common/lp_json.h"
#include "common/push/credential.h"
#include "common/push/p256.h"
#include "tests/unit/lp_test.h"

#define NOW INT64_C(1800000000)
#define DAY INT64_C(86400)

static void read_bio(struct lp_buf *out, BIO *bio)
{
	char *data;
	long n = BIO_get_mem_data(bio, &data);

	lp_buf_add(out, data, (size_t)n);
	BIO_free(bio);
}

static void add_key(struct lp_buf *out, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());

	CHECK(PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1);
	read_bio(out, bio);
}

/* A certificate for key from NOW + from to NOW + until. */
static void add_certificate(struct lp_buf *out, EVP_PKEY *key, int64_t from, int64_t until)
{
	X509 *cert = X509_new();
	BIO *bio = BIO_new(BIO_s_mem());

	CHECK(ASN1_TIME_set(X509_getm_notBefore(cert), (time_t)(NOW + from)) != NULL);
	CHECK(ASN1_TIME_set(X509_getm_notAfter(cert), (time_t)(NOW + until)) != NULL);
	CHECK(X509_set_pubkey(cert, key) == 1);
	CHECK(X509_sign(cert, key, EVP_sha256()) > 0);
	CHECK(PEM_write_bio_X509(bio, cert) == 1);
	read_bio(out, bio);
	X509_free(cert);
}

static void test_certificates(void)
{
	EVP_PKEY *pair = p256_generate(), *other = p256_generate();
	struct lp_buf good = {0}, old = {0}, early = {0}, key = {0}, wrong = {0}, both = {0};

	add_key(&key, pair);
	add_key(&wrong, other);
	add_certificate(&good, pair, -DAY, DAY);
	add_certificate(&old, pair, -DAY, 0);
	add_certificate(&early, pair, 1, DAY);
	lp_buf_adds(&both, lp_buf_str(&good));
	lp_buf_adds(&both, lp_buf_str(&key));
	{
		struct lp_str none = LP_STR(""), text = LP_STR("no PEM");
		const struct {
			const char *row;
			struct lp_str cert, key;
			enum certificate_state want;
			int64_t expires; /* 0: not set */
		} rows[] = {
			{"good", lp_buf_str(&good), lp_buf_str(&key), CERTIFICATE_OK, NOW + DAY},
			{"in one", lp_buf_str(&both), none, CERTIFICATE_OK, NOW + DAY},
			{"expired", lp_buf_str(&old), lp_buf_str(&key), CERTIFICATE_EXPIRED, NOW},
			{"early", lp_buf_str(&early), lp_buf_str(&key), CERTIFICATE_NOT_YET,
			 NOW + DAY},
			{"other key", lp_buf_str(&good), lp_buf_str(&wrong),
			 CERTIFICATE_KEY_MISMATCH, NOW + DAY},
			{"no key", lp_buf_str(&good), none, CERTIFICATE_KEY_UNREADABLE, NOW + DAY},
			{"bad key", lp_buf_str(&good), text, CERTIFICATE_KEY_UNREADABLE, NOW + DAY},
			{"no certificate", none, lp_buf_str(&key), CERTIFICATE_UNREADABLE, 0},
			{"bad certificate", text, lp_buf_str(&key), CERTIFICATE_UNREADABLE, 0},
			{"cut", lp_str(good.data, good.len / 2), lp_buf_str(&key),
			 CERTIFICATE_UNREADABLE, 0},
			{"a key in its place", lp_buf_str(&key), lp_buf_str(&key),
			 CERTIFICATE_UNREADABLE, 0},
		};

		for (size_t i = 0; i < COUNT(rows); i++) {
			int64_t expires = 0;

			CHECK_ROW(lp_cstr(rows[i].row),
				  certificate_check(rows[i].cert, rows[i].key, NOW, &expires) ==
					  rows[i].want);
			CHECK_ROW(lp_cstr(rows[i].row), expires == rows[i].expires);
		}
	}
	EVP_PKEY_free(pair);
	EVP_PKEY_free(other);
	lp_buf_clear(&good);
	lp_buf_clear(&old);
	lp_buf_clear(&early);
	lp_buf_clear(&key);
	lp_buf_clear(&wrong);
	lp_buf_clear(&both);
}

/* The account with one field changed; value NULL: without it. */
static void account_text(struct lp_buf *out, struct lp_str key, const char *field,
			 const char *value)
{
	struct json_object *root = json_object_new_object();
	const char *const fields[][2] = {
		{"type", "service_account"},
		{"project_id", "example"},
		{"private_key_id", "0123"},
		{"private_key", key.p},
		{"client_email", "a@example.org"},
		{"token_uri", "https://oauth2.googleapis.com/token"},
	};

	for (size_t i = 0; i < COUNT(fields); i++) {
		const char *text = strcmp(fields[i][0], field) == 0 ? value : fields[i][1];

		if (text)
			json_object_object_add(root, fields[i][0], json_object_new_string(text));
	}
	lp_buf_reset(out);
	lp_json_text(out, root);
	json_object_put(root);
}

#define ACCOUNT "it is not the JSON of a service account"
#define PROJECT "its project_id is missing or wrong"
#define EMAIL   "its client_email is missing or wrong"
#define KEY_ID  "its private_key_id is missing or wrong"
#define KEY     "its private_key is no RSA key of at least 2048 bits"
#define URI     "its token_uri is no URL with https"
#define HOST    "its token_uri is not at one of fcm_token_hosts"

static void test_accounts(void)
{
	static const struct {
		const char *field, *value, *want; /* NULL: taken */
	} rows[] = {
		{"", NULL, NULL},
		{"type", "authorized_user", ACCOUNT},
		{"type", NULL, ACCOUNT},
		{"project_id", NULL, PROJECT},
		{"project_id", "", PROJECT},
		{"project_id", "a/../b", PROJECT},
		{"project_id", "a?b", PROJECT},
		{"project_id", "a%2fb", PROJECT},
		{"project_id", "a\r\nb", PROJECT},
		{"client_email", "a b", EMAIL},
		{"client_email", NULL, EMAIL},
		{"private_key_id", "\n", KEY_ID},
		{"private_key", "-----BEGIN PRIVATE KEY-----\n", KEY},
		{"private_key", NULL, KEY},
		{"token_uri", NULL, URI},
		{"token_uri", "http://oauth2.googleapis.com/token", URI},
		{"token_uri", "https://a@oauth2.googleapis.com/token", URI},
		{"token_uri", "https://127.0.0.1/token", HOST},
		{"token_uri", "https://oauth2.googleapis.com.evil.net/", HOST},
		{"token_uri", "https://oauth2.googleapis.com /", URI},
		{"token_uri", "https://OAUTH2.googleapis.com:8443/x?y", NULL},
	};
	EVP_PKEY *pair = EVP_RSA_gen(2048);
	struct lp_buf key = {0}, text = {0};

	add_key(&key, pair);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct service_account account = {.project_id = NULL};
		const char *why;

		account_text(&text, lp_buf_str(&key), rows[i].field, rows[i].value);
		why = service_account_read(&account, lp_buf_str(&text),
					   "example.org,oauth2.googleapis.com");
		CHECK_STR(lp_buf_str(&text), lp_cstr(why), lp_cstr(rows[i].want));
		if (!why)
			CHECK_STR(lp_buf_str(&text), lp_cstr(account.client_email),
				  LP_STR("a@example.org"));
		service_account_clear(&account);
	}
	EVP_PKEY_free(pair);
	lp_buf_clear(&key);
	lp_buf_clear(&text);
}

static void test_account_texts(void)
{
	static const char *const bad[] = {"",  "[]",           "5",
					  "{", "{\"type\":5}", "\"service_account\""};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct service_account account = {.project_id = NULL};

		CHECK_STR(lp_cstr(bad[i]),
			  lp_cstr(service_account_read(&account, lp_cstr(bad[i]), "")),
			  LP_STR(ACCOUNT));
	}
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"certificates", test_certificates},
		{"service accounts", test_accounts},
		{"texts that are no service account", test_account_texts},
	};

	return lp_test_main("credential", tests, COUNT(tests));
}
