/* Which provider a device is sent to next. */
#include "config.h"

#include <hiredis/hiredis.h>

#include "tests/unit/lp_test.h"
#include "worker/offline/device.h"

#define APNS(NAME)    "{\"name\":\"" NAME "\",\"apns_dev_cert\":\"x\",\"apns_env\":\"dev\"}"
#define FCM(NAME)     "{\"name\":\"" NAME "\",\"type\":\"fcm\"}"
#define WEBPUSH(NAME) "{\"name\":\"" NAME "\",\"type\":\"webpush\"}"
#define OWN           "[" APNS("default") "," APNS("shop") "," FCM("google") "," WEBPUSH("web") "]"
#define ROOT          "[" APNS("default") "," APNS("theirs") "," FCM("rootfcm") "]"
#define ORDER         "apns,fcm,webpush"
#define ROW_MAX       40

/* A reply of offline_slice.lua: the client, its lines, and the words with blanks between. */
static struct offline_device *device(const char *lines, const char *words)
{
	redisReply texts[ROW_MAX], *elements[ROW_MAX];
	redisReply row = {.type = REDIS_REPLY_ARRAY, .element = elements};
	struct lp_str rest = lp_cstr(words);
	struct offline_device *d;

	for (size_t i = 0; i < ROW_MAX; i++) {
		texts[i] = (redisReply){.type = REDIS_REPLY_STRING};
		elements[i] = &texts[i];
	}
	texts[0].str = (char *)"/demo#u#ios-u";
	texts[1].str = (char *)lines;
	row.elements = 2;
	for (size_t i = 0; i < 2; i++)
		texts[i].len = strlen(texts[i].str);
	while (rest.n && row.elements < ROW_MAX) {
		size_t n = lp_str_find(rest, ' ');

		texts[row.elements].str = (char *)rest.p;
		texts[row.elements++].len = n;
		rest = lp_str_from(rest, n + 1);
	}
	d = offline_device_read(&row);
	CHECK_ROW(lp_cstr(words), d != NULL);
	return d;
}

static void test_choice(void)
{
	static const struct {
		const char *tokens, *lines, *apns_name, *order;
		const char *want; /* namespace, entry, token; + when there is another entry, */
				  /* "if gone" when there is another token of this one */
	} rows[] = {
		{"", "", "", ORDER, "none"},
		{"device_token a", "", "", ORDER, "/demo default a"},
		{"device_token a", "", "shop", ORDER, "/demo shop a"},
		{"device_token a", "", "theirs", ORDER, "/ theirs a"},
		{"device_token a", "", "nobodys", ORDER, "/ default a"},
		/* apnsName names no entry of another type, and no one names root's but by apnsName */
		{"device_token a", "", "google", ORDER, "/ default a"},
		{"device_token:theirs a", "", "", ORDER, "none"},
		{"device_token:rootfcm a", "", "", ORDER, "none"},
		{"device_token:nobodys a", "", "", ORDER, "none"},
		{"device_token: a", "", "", ORDER, "none"},
		/* the order */
		{"device_token:web w device_token a device_token:google g", "", "", ORDER,
		 "/demo default a +"},
		{"device_token:web w device_token a device_token:google g", "", "",
		 "webpush,fcm,apns", "/demo web w +"},
		{"device_token:web w device_token a device_token:google g", "", "", "fcm",
		 "/demo google g +"},
		{"device_token:web w device_token a", "", "", "fcm", "/demo default a +"},
		{"device_token:web w device_token:google g", "", "", "", "/demo google g +"},
		/* what has refused; tokens that are gone are not in the record any more */
		{"device_token:web w device_token:google g", "1 gone default 410", "", ORDER,
		 "/demo google g +"},
		{"device_token:web w device_token a device_token:google g",
		 "1 sending x/1\n2 refused default 400 x\n3 next\n4 sending x/2\n"
		 "5 refused google 403",
		 "", ORDER, "/demo web w"},
		{"device_token a", "1 refused default 403 Forbidden", "", ORDER, "none"},
		/* one entry has two tokens of the device: the other one when the first is gone */
		{"device_token a device_token:default b", "", "", ORDER, "/demo default a if gone"},
		{"device_token:default b device_token:google g", "1 gone default 410", "", ORDER,
		 "/demo default b +"},
		{"device_token:default b device_token:google g",
		 "1 gone default 410\n2 next\n3 sending x/2\n4 gone default 410", "", ORDER,
		 "/demo google g"},
		{"device_token a device_token:default b", "1 refused default 413", "", ORDER,
		 "none"},
		/* what has not: a word of an answer is none, nor is the start of a name */
		{"device_token a", "1 retry 5 default 429 refused default", "", ORDER,
		 "/demo default a"},
		{"device_token a", "1 refused defaults 400", "", ORDER, "/demo default a"},
	};
	struct provider_set *own =
		provider_set_new(LP_STR("/demo"), LP_STR(OWN), LP_STR(""), NULL, "");
	struct provider_set *root =
		provider_set_new(LP_STR("/"), LP_STR(ROOT), LP_STR(""), NULL, "");
	struct lp_buf got = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct offline_device *d = device(rows[i].lines, rows[i].tokens);
		struct offline_choice c = offline_device_choose(
			d, own, root, lp_cstr(rows[i].apns_name), rows[i].order);

		lp_buf_reset(&got);
		if (c.entry)
			lp_buf_addf(&got, "%.*s %s %.*s%s",
				    LP_FMT(provider_set_namespace(c.entry->set)), c.entry->name,
				    LP_FMT(c.token->token),
				    c.others ? " +"
				    : c.more ? " if gone"
					     : "");
		else
			lp_buf_addz(&got, "none");
		CHECK_STR(lp_cstr(rows[i].tokens), lp_buf_str(&got), lp_cstr(rows[i].want));
		free(d);
	}
	provider_set_release(own);
	provider_set_release(root);
	lp_buf_clear(&got);
}

/* More tokens than can be are left out, and so is a field without a token. */
static void test_bound(void)
{
	struct lp_buf words = {0};
	struct offline_device *d;
	redisReply none = {.type = REDIS_REPLY_NIL};

	for (int i = 0; i < 19; i++)
		lp_buf_addf(&words, "%sdevice_token:%d t", i ? " " : "", i);
	d = device("", words.data);
	CHECK(d && d->token_count == 16);
	free(d);
	d = device("", "device_token a device_token:web");
	CHECK(d && d->token_count == 1);
	free(d);
	CHECK(offline_device_read(&none) == NULL);
	lp_buf_clear(&words);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"choice", test_choice},
		{"bound", test_bound},
	};

	return lp_test_main("offline_device", tests, COUNT(tests));
}
