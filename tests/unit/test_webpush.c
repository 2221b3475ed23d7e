/* Web Push: the examples of RFC 8188, 8291 and 8292, and subscriptions. */
#include "config.h"

#include <openssl/evp.h>

#include "common/base64.h"
#include "common/jwt/jwt.h"
#include "common/push/credential.h"
#include "common/push/p256.h"
#include "tests/unit/lp_test.h"
#include "worker/provider/aes128gcm.h"
#include "worker/provider/webpush.h"

/* RFC 8291, 5 and appendix A. */
#define UA_PUBLIC                                                                                  \
	"BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
#define AUTH       "BTBZMqHH6r4Tts7J_aSIgg"
#define AS_PRIVATE "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
#define AS_PUBLIC                                                                                  \
	"BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
#define SALT "DGv6ra1nlYgDCS1FRnbzlw"
#define BODY                                                                                       \
	"DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmY" \
	"WAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexS" \
	"gSxsj_Qulcy4a-fN"

static const unsigned char *bytes(struct lp_buf *out, const char *text)
{
	CHECK(base64url_decode(out, lp_cstr(text)) == LP_OK);
	return (const unsigned char *)out->data;
}

static void check_text(const char *row, const struct lp_buf *got, const char *want)
{
	struct lp_buf text = {0};

	base64url_encode(&text, lp_buf_str(got));
	CHECK_STR(lp_cstr(row), lp_buf_str(&text), lp_cstr(want));
	lp_buf_clear(&text);
}

static void test_rfc8291(void)
{
	struct lp_buf receiver = {0}, auth = {0}, salt = {0}, body = {0}, point = {0};
	EVP_PKEY *sender = vapid_key_read(LP_STR(AS_PRIVATE));
	struct aes128gcm with = {bytes(&receiver, UA_PUBLIC), bytes(&auth, AUTH),
				 bytes(&salt, SALT), sender};
	char longest[WEBPUSH_TEXT_MAX + 1] = "";

	CHECK(sender != NULL);
	vapid_public_key(&point, sender);
	CHECK_STR(LP_STR("public key"), lp_buf_str(&point), LP_STR(AS_PUBLIC));
	CHECK(aes128gcm_encrypt(&body, &with,
				LP_STR("When I grow up, I want to be a watermelon")) == LP_OK);
	check_text("RFC 8291", &body, BODY);

	/* The longest fills its record; a longer one, or a receiver that is no point, is refused. */
	lp_buf_reset(&body);
	CHECK(aes128gcm_encrypt(&body, &with, lp_str(longest, WEBPUSH_TEXT_MAX)) == LP_OK);
	CHECK(body.len == 4096);
	CHECK(aes128gcm_encrypt(&body, &with, lp_str(longest, sizeof(longest))) == LP_EINVAL);
	receiver.data[40] ^= 1;
	CHECK(aes128gcm_encrypt(&body, &with, LP_STR("x")) == LP_EINVAL);
	CHECK(body.len == 4096);
	EVP_PKEY_free(sender);
	lp_buf_clear(&receiver);
	lp_buf_clear(&auth);
	lp_buf_clear(&salt);
	lp_buf_clear(&body);
	lp_buf_clear(&point);
}

/* RFC 8188, 3.1, behind its header of 21 bytes. */
static void test_rfc8188(void)
{
	struct lp_buf material = {0}, salt = {0}, body = {0}, want = {0};

	bytes(&material, "yqdlZ-tYemfogSmv7Ws5PQ");
	bytes(&want, "I1BsxtFttlv3u_Oo94xnmwAAEAAA-NAVub2qFgBEuQKRapoZu-IxkIva3MEB1PD-ly8Thjg");
	aes128gcm_record(&body, bytes(&salt, "I1BsxtFttlv3u_Oo94xnmw"), lp_buf_str(&material),
			 LP_STR("I am the walrus"));
	CHECK_STR(LP_STR("RFC 8188"), lp_buf_str(&body), lp_str_from(lp_buf_str(&want), 21));
	lp_buf_clear(&material);
	lp_buf_clear(&salt);
	lp_buf_clear(&body);
	lp_buf_clear(&want);
}

/* RFC 8292, 2.4: the key as a header has it is the one that signed. */
static void test_rfc8292(void)
{
	static const char token[] =
		"eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQi"
		"LCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDq"
		"uptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA";
	struct lp_buf point = {0};
	const unsigned char *k =
		bytes(&point, "BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4S"
			      "DYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs");
	struct jwt_keys keys = {.at = {{NULL, JWT_ES256, p256_from_point(k)}}, .count = 1};
	struct jwt_time when = {.now = UINT64_C(1453523000000)};
	struct json_object *claims = NULL;
	uint64_t expires = 0;

	CHECK(keys.at[0].key != NULL);
	CHECK(jwt_verify(&keys, lp_cstr(token), &when, &claims, &expires) == JWT_OK);
	CHECK(expires == UINT64_C(1453523768000));
	json_object_put(claims);
	EVP_PKEY_free(keys.at[0].key);
	lp_buf_clear(&point);
}

static void test_vapid_keys(void)
{
	static const char *const bad[] = {
		"",
		"AAAA",
		"!",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* zero */
		"__________________________________________8", /* more than the order */
		"-----BEGIN EC PRIVATE KEY-----\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n",
	};

	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK_ROW(lp_cstr(bad[i]), vapid_key_read(lp_cstr(bad[i])) == NULL);
}

#define HOSTS     "push.example.org,*.push.example.com,own.example.net:8443,*.example.net:1,[::1]:2"
#define KEYS      ",\"keys\":{\"p256dh\":\"" UA_PUBLIC "\",\"auth\":\"" AUTH "\"}}"
#define AT(URL)   "{\"endpoint\":\"" URL "\"" KEYS
#define ENDPOINT  "the endpoint can not be used"
#define NOT_THERE "the endpoint's host and port are not in webpush_hosts"
#define UNREAD    "the subscription can not be read"
#define NO_KEYS   "the subscription's keys can not be used"

static void test_subscriptions(void)
{
	static const struct {
		const char *text, *hosts, *origin, *path; /* origin NULL: path says why not */
	} rows[] = {
		{AT("https://push.example.org/a?b=c"), HOSTS, "https://push.example.org:443",
		 "/a?b=c"},
		{AT("https://PUSH.example.org:443"), HOSTS, "https://push.example.org:443", "/"},
		{AT("https://push.example.org:8443"), HOSTS, NULL, NOT_THERE},
		{AT("https://own.example.net:8443/"), HOSTS, "https://own.example.net:8443", "/"},
		{AT("https://own.example.net:08443/"), HOSTS, "https://own.example.net:8443", "/"},
		{AT("https://own.example.net/"), HOSTS, NULL, NOT_THERE},
		{AT("https://own.example.net:844/"), HOSTS, NULL, NOT_THERE},
		{AT("https://own.example.net:1/"), HOSTS, "https://own.example.net:1", "/"},
		{AT("https://[::1]:2/"), HOSTS, "https://[::1]:2", "/"},
		{AT("https://[::1]/"), HOSTS, NULL, NOT_THERE},
		{AT("https://x.push.example.com/a#f"), HOSTS, "https://x.push.example.com:443",
		 "/a"},
		{AT("https://push.example.com/"), HOSTS, NULL, NOT_THERE},
		{AT("https://xpush.example.com/"), HOSTS, NULL, NOT_THERE},
		{AT("https://push.example.org.evil.net/"), HOSTS, NULL, NOT_THERE},
		{AT("https://evil.net/"), "*", "https://evil.net:443", "/"},
		{AT("https://evil.net:8443/"), "*", NULL, NOT_THERE},
		{AT("https://evil.net:8443/"), "evil.net:8443,*", "https://evil.net:8443", "/"},
		{AT("https://evil.net/"), "", NULL, NOT_THERE},
		{AT("http://push.example.org/"), HOSTS, NULL, ENDPOINT},
		{AT("ftp://push.example.org/"), HOSTS, NULL, ENDPOINT},
		{AT("https://u:p@push.example.org/"), HOSTS, NULL, ENDPOINT},
		{AT("https://push.example.org/ x"), HOSTS, NULL, ENDPOINT},
		{AT("https://push.example.org\\\\@evil.net/"), HOSTS, NULL, ENDPOINT},
		{AT("https://push.example.org/\\u000d\\u000aa: b"), HOSTS, NULL, ENDPOINT},
		{AT(""), HOSTS, NULL, ENDPOINT},
		{"{\"endpoint\":7" KEYS, HOSTS, NULL, ENDPOINT},
		{"{\"endpoint\":\"https://push.example.org/\"}", HOSTS, NULL, NO_KEYS},
		{"{\"keys\":{\"p256dh\":\"AAAA\",\"auth\":\"" AUTH "\"}}", HOSTS, NULL, NO_KEYS},
		{"{\"keys\":{\"p256dh\":\"" UA_PUBLIC "\",\"auth\":\"AAAA\"}}", HOSTS, NULL,
		 NO_KEYS},
		{"[]", HOSTS, NULL, NO_KEYS},
		{"", HOSTS, NULL, UNREAD},
		{"{", HOSTS, NULL, UNREAD},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].text);
		struct subscription s;
		const char *why = subscription_read(&s, row, rows[i].hosts);

		if (rows[i].origin) {
			CHECK_STR(row, lp_cstr(why), lp_cstr(NULL));
			CHECK_STR(row, lp_cstr(s.origin), lp_cstr(rows[i].origin));
			CHECK_STR(row, lp_cstr(s.path), lp_cstr(rows[i].path));
			CHECK_ROW(row, s.listed == (strcmp(rows[i].hosts, "*") != 0));
		} else {
			CHECK_STR(row, lp_cstr(why), lp_cstr(rows[i].path));
		}
		subscription_clear(&s);
	}
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"RFC 8291", test_rfc8291},
		{"RFC 8188", test_rfc8188},
		{"RFC 8292", test_rfc8292},
		{"keys of servers", test_vapid_keys},
		{"subscriptions", test_subscriptions},
	};

	return lp_test_main("webpush", tests, COUNT(tests));
}
