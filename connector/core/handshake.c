#include "config.h"

#include <stdlib.h>

#include "common/jwt/jwt.h"
#include "common/lp_mem.h"
#include "common/model/url_query.h"
#include "connector/core/handshake.h"

/* What would make the query longer than this is left out, the identity excepted. */
#define QUERY_MAX 8192u

static void add(struct lp_buf *out, struct lp_str name, struct lp_str value)
{
	size_t before = out->len;

	if (before)
		lp_buf_addc(out, '&');
	url_encode(out, name);
	lp_buf_addc(out, '=');
	url_encode(out, value);
	if (out->len > QUERY_MAX) {
		out->len = before;
		out->data[before] = '\0';
	}
}

static bool is_identity(struct lp_str name)
{
	return lp_str_eq(name, LP_STR("uuid")) || lp_str_eq(name, LP_STR("userid")) ||
	       lp_str_eq(name, LP_STR("platform"));
}

/* Decoded and encoded anew: whatever a client sent, the result can stand in a URL. token: that may
 * be in it. */
static void add_query(struct lp_buf *out, struct lp_str query, bool token)
{
	struct lp_buf name = {0}, value = {0};
	struct lp_str n, v;

	while (query.n && out->len < QUERY_MAX && url_query_next(&query, &n, &v)) {
		if (n.n + v.n > QUERY_MAX)
			continue;
		lp_buf_reset(&name);
		lp_buf_reset(&value);
		url_decode(&name, n);
		url_decode(&value, v);
		if (!is_identity(lp_buf_str(&name)) &&
		    (token || !lp_str_eq(lp_buf_str(&name), LP_STR("token"))))
			add(out, lp_buf_str(&name), lp_buf_str(&value));
	}
	lp_buf_clear(&name);
	lp_buf_clear(&value);
}

/* The plain values of the auth object. */
static void add_auth(struct lp_buf *out, struct lp_str text)
{
	struct json_object *auth = identity_auth(text);

	if (!auth)
		return;
	json_object_object_foreach(auth, name, value)
	{
		size_t len = json_object_get_string_len(value);

		if (is_identity(lp_cstr(name)) || !value ||
		    json_object_is_type(value, json_type_object) ||
		    json_object_is_type(value, json_type_array))
			continue;
		if (!json_object_is_type(value, json_type_string))
			len = strlen(json_object_get_string(value));
		if (len <= QUERY_MAX)
			add(out, lp_cstr(name), lp_str(json_object_get_string(value), len));
	}
	json_object_put(auth);
}

static void add_identity(struct lp_buf *out, const struct identity *who)
{
	if (out->len)
		lp_buf_addc(out, '&');
	lp_buf_addz(out, "uuid=");
	url_encode(out, lp_buf_str(&who->uuid));
	lp_buf_addz(out, "&userid=");
	url_encode(out, lp_buf_str(&who->userid));
	lp_buf_addz(out, "&platform=");
	lp_buf_addz(out, platform_name(who->platform));
}

struct handshake *handshake_new(const struct socket_request *req, const struct identity *who)
{
	struct handshake *h = lp_xcalloc(1, sizeof(*h));

	/* Of a name that comes several times the last one counts, and the URL wins. */
	add_auth(&h->query, req->auth);
	add_query(&h->query, req->packet_query, true);
	add_query(&h->query, req->url_query, true);
	add_identity(&h->query, who);
	lp_buf_adds(&h->cookie, req->cookie);
	if (who->token.len <= JWT_MAX)
		lp_buf_adds(&h->token, lp_buf_str(&who->token));
	h->provisional = who->provisional;
	return h;
}

void handshake_rename(struct handshake *h, const struct identity *who)
{
	struct lp_buf old = h->query;

	h->query = (struct lp_buf){0};
	add_query(&h->query, lp_buf_str(&old), !h->verified);
	add_identity(&h->query, who);
	lp_buf_clear(&old);
}

void handshake_free(struct handshake *h)
{
	if (!h)
		return;
	lp_buf_clear(&h->query);
	lp_buf_clear(&h->cookie);
	lp_buf_clear(&h->token);
	lp_blob_unref(h->farewell);
	free(h);
}
