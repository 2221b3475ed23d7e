/*
 * What comes to the push providers from outside: answers of servers, settings of a namespace as
 * Redis has them, pushData, and subscriptions of clients. The first byte says which.
 */
#include "config.h"

#include "common/lp_json.h"
#include "common/push/credential.h"
#include "common/push/provider_conf.h"
#include "tests/fuzz/fuzz.h"
#include "worker/provider/apns.h"
#include "worker/provider/fcm.h"
#include "worker/provider/webpush.h"

static void check_judgement(const struct judgement *j)
{
	MUST(strlen(j->reason) < REASON_MAX);
	MUST(lp_utf8_valid(lp_cstr(j->reason)));
	MUST(!*j->reason == (j->outcome == PROVIDER_DELIVERED));
	MUST((j->retry_ms > 0) == (j->outcome == PROVIDER_RETRY));
	for (const char *p = j->reason; *p; p++)
		MUST((unsigned char)*p >= ' ' && *p != 0x7f);
}

static void answers(struct lp_str s)
{
	static const int statuses[] = {200, 201, 400, 401, 403, 404, 410, 429, 500, 503, 999};
	struct json_object *root;
	struct judgement j;
	struct lp_str token, why;
	uint64_t lifetime;

	for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
		apns_judge(&j, statuses[i], s, s.n);
		check_judgement(&j);
		fcm_judge(&j, statuses[i], s, s.n);
		check_judgement(&j);
		webpush_judge(&j, statuses[i], s.n);
		check_judgement(&j);
	}
	if (fcm_token_read(&root, s, &token, &lifetime, &why) == LP_OK)
		MUST(token.n > 0 && lp_str_find(token, '\n') == token.n && lifetime > 0);
	json_object_put(root);
}

static void settings(struct lp_str s)
{
	struct lp_buf why = {0};
	struct secret_keys *keys =
		secret_keys_new("k:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", &why);
	struct provider_set *set =
		provider_set_new(LP_STR("/demo"), s, s, keys, "oauth2.googleapis.com");
	const struct provider_entry *e;

	MUST(keys != NULL);
	for (size_t i = 0; (e = provider_set_at(set, i)); i++)
		MUST(*e->name && provider_set_find(set, lp_cstr(e->name)) == e);
	provider_set_release(set);
	secret_keys_free(keys);
	lp_buf_clear(&why);
}

static void push_data(struct lp_str s)
{
	struct content_ids ids = {LP_STR("/demo"), LP_STR("1"), LP_STR("r")};
	struct lp_buf out = {0};
	struct content c;

	content_read(&c, s, "new");
	if (apns_payload(&out, &c) == LP_OK)
		MUST(out.len && out.len <= APNS_PAYLOAD_MAX);
	lp_buf_reset(&out);
	if (fcm_message(&out, &c, &ids, 60, LP_STR("tag")) == LP_OK) {
		struct json_object *message;

		MUST(lp_json_parse(lp_buf_str(&out), &message) == LP_OK);
		MUST(!json_object_object_get_ex(message, "token", NULL));
		MUST(!json_object_object_get_ex(message, "topic", NULL));
		json_object_put(message);
	}
	lp_buf_reset(&out);
	if (webpush_text(&out, &c, &ids) == LP_OK)
		MUST(out.len <= WEBPUSH_TEXT_MAX);
	content_clear(&c);
	lp_buf_clear(&out);
}

#define HOSTS "push.example.org,*.push.example.com,own.example.org:8443"

static void subscription(struct lp_str s)
{
	struct subscription sub;

	if (!subscription_read(&sub, s, HOSTS)) {
		MUST(sub.listed);
		MUST(sub.path[0] == '/' && !strpbrk(sub.path, " \r\n#"));
		MUST(lp_str_starts(lp_cstr(sub.origin), LP_STR("https://")));
		MUST(strcmp(sub.origin, "https://push.example.org:443") == 0 ||
		     strcmp(sub.origin, "https://own.example.org:8443") == 0 ||
		     strstr(sub.origin, ".push.example.com:443"));
	} else {
		MUST(!sub.path && !sub.origin);
	}
	subscription_clear(&sub);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parts[])(struct lp_str) = {answers, settings, push_data, subscription};

	if (size)
		parts[data[0] % 4](lp_str((const char *)data + 1, size - 1));
	return 0;
}
