#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/store/keys.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_script.h"
#include "fcgi-api/api_token.h"
#include "fcgi-api/api_token_text.h"

#define TOKENS_MAX 100
#define NAME_MAX   100 /* bytes */

/* Appends the arguments of token_save.lua and the token itself. */
static void make(struct redis_args *args, struct lp_buf *token, const struct api_req *req,
		 struct lp_str name, struct lp_str scope, char id[API_TOKEN_ID_LEN + 1])
{
	char hash[API_TOKEN_HASH_LEN + 1];

	api_token_make(token, req->user, id, hash);
	redis_args_addz(args, id);
	lp_buf_addz(&args->text, "{\"name\":");
	lp_json_quote(&args->text, name);
	lp_buf_addz(&args->text, ",\"scope\":");
	lp_json_quote(&args->text, scope);
	lp_buf_addf(&args->text, ",\"hash\":\"%s\",\"create_time\":%" PRIu64 "}", hash,
		    lp_wall_ms());
	redis_args_end(args);
	redis_args_addi(args, TOKENS_MAX);
}

void api_token_new(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct redis_args args = {0};
	struct redisReply *reply = NULL;
	struct lp_buf token = {0};
	struct lp_str name, scope;
	char id[API_TOKEN_ID_LEN + 1];
	enum api_error err;

	if (api_param_text(req->body, "name", &name) != LP_OK || !name.n || name.n > NAME_MAX ||
	    !lp_utf8_valid(name)) {
		api_fail_field(resp, "name", "name must be a text of at most 100 bytes");
		return;
	}
	if (api_param_text(req->body, "scope", &scope) != LP_OK ||
	    api_scope_of(scope) == SCOPE_ANY) {
		api_fail_field(resp, "scope", "scope must be push, read or all");
		return;
	}
	api_script_base(&args, ctx, req->user);
	make(&args, &token, req, name, scope, id);
	err = api_script(ctx, "token_save", &args, &reply);
	if (err == API_OK)
		lp_buf_addf(&resp->body, "{\"id\":\"%s\",\"token\":\"%.*s\"}", id,
			    LP_FMT(lp_buf_str(&token)));
	else
		api_fail(resp, err);
	redis_reply_free(reply);
	redis_args_clear(&args);
	lp_buf_clear(&token);
}

struct entry {
	struct lp_str id;
	struct json_object *record;
	int64_t created, used; /* ms; used 0: never */
};

/* The oldest first. */
static int by_time(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->created != y->created)
		return x->created < y->created ? -1 : 1;
	return memcmp(x->id.p, y->id.p, x->id.n < y->id.n ? x->id.n : y->id.n);
}

/* records and used: replies to HGETALL. Returns the entries, heap. */
static struct entry *read_entries(const struct redisReply *records, const struct redisReply *used,
				  size_t *count)
{
	size_t n = redis_reply_count(records) / 2;
	struct entry *entries = lp_xcalloc(n + 1, sizeof(entries[0]));

	*count = 0;
	for (size_t i = 0; i < n; i++) {
		struct entry *e = &entries[*count];
		struct json_object *created;

		if (lp_json_parse(redis_reply_str(redis_reply_at(records, 2 * i + 1)),
				  &e->record) != LP_OK)
			continue;
		e->id = redis_reply_str(redis_reply_at(records, 2 * i));
		if (json_object_object_get_ex(e->record, "create_time", &created))
			e->created = json_object_get_int64(created);
		for (size_t k = 0; k + 1 < redis_reply_count(used); k += 2) {
			if (lp_str_eq(redis_reply_str(redis_reply_at(used, k)), e->id))
				e->used = redis_reply_int(redis_reply_at(used, k + 1));
		}
		(*count)++;
	}
	qsort(entries, *count, sizeof(entries[0]), by_time);
	return entries;
}

static void add_entry(struct lp_buf *out, const struct entry *e)
{
	lp_buf_addz(out, "{\"id\":");
	lp_json_quote(out, e->id);
	lp_buf_addz(out, ",\"name\":");
	lp_json_quote(out, lp_json_str(e->record, "name"));
	lp_buf_addz(out, ",\"scope\":");
	lp_json_quote(out, lp_json_str(e->record, "scope"));
	lp_buf_addf(out, ",\"create_time\":%" PRId64 ",\"last_used_time\":", e->created);
	if (e->used)
		lp_buf_addf(out, "%" PRId64 "}", e->used);
	else
		lp_buf_addz(out, "null}");
}

void api_token_list(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	static const char *const keys[] = {"tokens", "tokens-used"};
	struct redis_args commands[2] = {{.count = 0}, {.count = 0}};
	struct redisReply *replies[2];
	struct entry *entries;
	size_t count;

	for (size_t i = 0; i < 2; i++) {
		redis_args_addz(&commands[i], "HGETALL");
		key_of_namespace(&commands[i].text, ctx->app->settings->redis_prefix, req->user,
				 keys[i]);
		redis_args_end(&commands[i]);
	}
	if (redis_pipeline(ctx->redis, commands, 2, replies) == LP_OK) {
		entries = read_entries(replies[0], replies[1], &count);
		lp_buf_addz(&resp->body, "{\"list\":[");
		for (size_t i = 0; i < count; i++) {
			if (i)
				lp_buf_addc(&resp->body, ',');
			add_entry(&resp->body, &entries[i]);
			json_object_put(entries[i].record);
		}
		lp_buf_addz(&resp->body, "]}");
		free(entries);
		redis_reply_free(replies[0]);
		redis_reply_free(replies[1]);
	} else {
		api_fail(resp, API_UNAVAILABLE);
	}
	redis_args_clear(&commands[0]);
	redis_args_clear(&commands[1]);
}

void api_token_revoke(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct redis_args args = {0};
	struct redisReply *reply = NULL;
	enum api_error err;
	struct lp_str id;

	if (api_param_text(req->body, "id", &id) != LP_OK || !id.n) {
		api_fail_field(resp, "id", "id can not be empty");
		return;
	}
	if (!api_token_id(id)) {
		api_fail_at(resp, API_TOKEN_NOT_FOUND, "id");
		return;
	}
	api_script_base(&args, ctx, req->user);
	redis_args_add(&args, id);
	err = api_script(ctx, "token_revoke", &args, &reply);
	if (err == API_OK && !redis_reply_int(reply))
		api_fail_at(resp, API_TOKEN_NOT_FOUND, "id");
	else if (err == API_OK)
		lp_buf_addz(&resp->body, "{}");
	else
		api_fail(resp, err);
	redis_reply_free(reply);
	redis_args_clear(&args);
}
