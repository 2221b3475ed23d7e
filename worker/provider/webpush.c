#include "config.h"

#include <curl/curl.h>
#include <openssl/sha.h>
#include <stdlib.h>

#include "common/base64.h"
#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "worker/provider/webpush.h"

#define BUSY_MS 30000u

/* A name as it is, or one below that of "*.name"; at the port behind it, or that of https. */
static bool host_matches(struct lp_str host, struct lp_str port, struct lp_str item)
{
	size_t colon = item.n;

	while (colon && item.p[colon - 1] >= '0' && item.p[colon - 1] <= '9')
		colon--;
	if (colon && colon < item.n && item.p[colon - 1] == ':') {
		if (!lp_str_eq(port, lp_str_from(item, colon)))
			return false;
		item.n = colon - 1;
	} else if (!lp_str_eq(port, LP_STR("443"))) {
		return false;
	}
	if (!lp_str_starts(item, LP_STR("*.")))
		return lp_str_caseeq(host, item);
	item = lp_str_from(item, 1); /* with its dot */
	return host.n > item.n && lp_str_caseeq(lp_str_from(host, host.n - item.n), item);
}

static bool host_allowed(struct lp_str host, struct lp_str port, const char *hosts, bool *listed)
{
	struct lp_str rest = lp_cstr(hosts);
	bool any = false;

	*listed = false;
	while (rest.n && !*listed) {
		size_t comma = lp_str_find(rest, ',');
		struct lp_str item = lp_str(rest.p, comma);

		any = any || lp_str_eq(item, LP_STR("*"));
		*listed = host_matches(host, port, item);
		rest = lp_str_from(rest, comma + 1);
	}
	return *listed || (any && lp_str_eq(port, LP_STR("443")));
}

static bool has_part(CURLU *url, CURLUPart part)
{
	char *text = NULL;
	bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

	curl_free(text);
	return has;
}

/* However it is written, one host is one channel. */
static void lower(char *host)
{
	for (; *host; host++) {
		if (*host >= 'A' && *host <= 'Z')
			*host = (char)(*host + 'a' - 'A');
	}
}

static const char *read_url(struct subscription *s, CURLU *url, const char *hosts)
{
	char *host = NULL, *port = NULL, *path = NULL, *query = NULL;
	const char *why = NULL;
	struct lp_buf origin = {0}, full = {0};

	curl_url_get(url, CURLUPART_HOST, &host, 0);
	curl_url_get(url, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
	curl_url_get(url, CURLUPART_PATH, &path, 0);
	curl_url_get(url, CURLUPART_QUERY, &query, 0);
	if (!host || !port || !path || has_part(url, CURLUPART_USER) ||
	    has_part(url, CURLUPART_PASSWORD))
		why = "the endpoint can not be used";
	else if (!host_allowed(lp_cstr(host), lp_cstr(port), hosts, &s->listed))
		why = "the endpoint's host and port are not in webpush_hosts";
	if (!why) {
		lower(host);
		lp_buf_addf(&origin, "https://%s:%s", host, port);
		s->origin = origin.data;
		lp_buf_addf(&full, "%s%s%s", path, query ? "?" : "", query ? query : "");
		s->path = full.data;
	}
	curl_free(host);
	curl_free(port);
	curl_free(path);
	curl_free(query);
	return why;
}

static const char *read_endpoint(struct subscription *s, struct lp_str text, const char *hosts)
{
	const char *why = "the endpoint can not be used";
	CURLU *url = curl_url();
	char *copy;
	bool plain = text.n > 0 && text.n <= WEBPUSH_ENDPOINT_MAX;

	for (size_t i = 0; i < text.n && plain; i++)
		plain = text.p[i] > ' ' && text.p[i] < 0x7f && text.p[i] != '\\';
	if (!plain) {
		curl_url_cleanup(url);
		return why;
	}
	copy = lp_xstrndup(text);
	if (url && lp_str_starts(text, LP_STR("https://")) &&
	    curl_url_set(url, CURLUPART_URL, copy, 0) == CURLUE_OK &&
	    curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK)
		why = read_url(s, url, hosts);
	free(copy);
	curl_url_cleanup(url);
	return why;
}

/* base64url of exactly n bytes; padding may be there. */
static bool read_bytes(unsigned char *out, size_t n, struct lp_str text)
{
	struct lp_buf bytes = {0};
	bool ok;

	while (text.n && text.p[text.n - 1] == '=')
		text.n--;
	ok = text.n < 4 * n && base64url_decode(&bytes, text) == LP_OK && bytes.len == n;
	if (ok)
		memcpy(out, bytes.data, n);
	lp_buf_clear(&bytes);
	return ok;
}

const char *subscription_read(struct subscription *s, struct lp_str text, const char *hosts)
{
	struct json_object *root = NULL, *keys = NULL;
	const char *why = NULL;

	*s = (struct subscription){.path = NULL};
	if (text.n > WEBPUSH_SUBSCRIPTION_MAX || lp_json_parse(text, &root) != LP_OK)
		return "the subscription can not be read";
	json_object_object_get_ex(root, "keys", &keys);
	if (!read_bytes(s->key, sizeof(s->key), lp_json_str(keys, "p256dh")) || s->key[0] != 4 ||
	    !read_bytes(s->auth, sizeof(s->auth), lp_json_str(keys, "auth")))
		why = "the subscription's keys can not be used";
	else
		why = read_endpoint(s, lp_json_str(root, "endpoint"), hosts);
	json_object_put(root);
	return why;
}

void subscription_clear(struct subscription *s)
{
	free(s->path);
	free(s->origin);
	s->path = s->origin = NULL;
}

int webpush_text(struct lp_buf *out, const struct content *c, const struct content_ids *ids)
{
	size_t start = out->len;

	if (json_object_is_type(c->web, json_type_string))
		lp_buf_add(out, json_object_get_string(c->web),
			   (size_t)json_object_get_string_len(c->web));
	else if (c->web)
		lp_json_text(out, c->web);
	else
		content_default(out, c, ids, false, WEBPUSH_TEXT_MAX);
	if (out->len - start <= WEBPUSH_TEXT_MAX)
		return LP_OK;
	out->len = start;
	return LP_ETOOBIG;
}

void webpush_topic(char out[33], struct lp_str nsp, struct lp_str message)
{
	unsigned char sum[SHA256_DIGEST_LENGTH];
	struct lp_buf text = {0};

	lp_buf_adds(&text, nsp);
	lp_buf_addc(&text, 0);
	lp_buf_adds(&text, message);
	SHA256((const unsigned char *)text.data, text.len, sum);
	lp_buf_reset(&text);
	base64url_encode(&text, lp_str((char *)sum, 24));
	memcpy(out, text.data, 33);
	lp_buf_clear(&text);
}

static const struct judgement_rule rules[] = {
	{200, NULL, PROVIDER_DELIVERED, RULE_ALONE, 0},
	{201, NULL, PROVIDER_DELIVERED, RULE_ALONE, 0},
	{202, NULL, PROVIDER_DELIVERED, RULE_ALONE, 0},
	{404, NULL, PROVIDER_GONE, RULE_ALONE, 0},
	{410, NULL, PROVIDER_GONE, RULE_ALONE, 0},
	{429, NULL, PROVIDER_RETRY, RULE_ALONE, BUSY_MS},
	{503, NULL, PROVIDER_RETRY, RULE_PAUSE, BUSY_MS},
};

/* These services have no words for their reasons. */
void webpush_judge(struct judgement *j, int status, uint64_t retry_ms)
{
	judgement_make(j, rules, sizeof(rules) / sizeof(*rules), status, LP_STR(""), retry_ms,
		       BUSY_MS);
}
