#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/model/iso_time.h"
#include "common/store/keys.h"
#include "common/store/stat_time.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_stat.h"

#define ENTRIES_MAX 1500
#define DEFAULT     24  /* entries when `from` is not given */
#define UNITS_MAX   240 /* quarters or minutes in one command: less than a ms for a Redis */

/* What is counted, in the letters of lib/stat.lua. */
enum what { PUSHED, ONLINE, ACK_WEB, ACK_IOS, ACK_ANDROID, WHATS };
static const char letters[WHATS] = {'p', 'o', 'w', 'i', 'a'};

/* The counters of one entry, from its beginning to that of the next. */
struct entry {
	int64_t start, end; /* s since 1970 */
	int64_t counts[WHATS];
};

/* How the counters are kept that an entry is made of. */
struct unit {
	int64_t seconds;
	const char *key;
	int64_t kept; /* days */
};

static const struct unit quarters = {STAT_TIME_QUARTER, "stat:", 40};
static const struct unit minutes = {60, "stat-minute:", 8};

/* Adds the counters of the units from first on, all of one day, to the entries, which at is in. */
static bool read_units(struct api_ctx *ctx, struct lp_str nsp, const struct unit *unit,
		       int64_t first, int64_t count, struct entry **at)
{
	int64_t per_day = STAT_TIME_DAY / unit->seconds;
	struct redis_args args = {0};
	struct redisReply *reply;
	bool good;

	redis_args_addz(&args, "HMGET");
	key_of_namespace(&args.text, ctx->app->settings->redis_prefix, nsp, unit->key);
	lp_buf_addf(&args.text, "%" PRId64, first / per_day);
	redis_args_end(&args);
	for (int64_t i = 0; i < count * WHATS; i++) {
		lp_buf_addf(&args.text, "%c%" PRId64, letters[i % WHATS],
			    (first + i / WHATS) % per_day);
		redis_args_end(&args);
	}
	good = redis_command(ctx->redis, &args, &reply) == LP_OK;
	for (int64_t i = 0; good && i < count * WHATS; i++) {
		while ((*at)->end <= (first + i / WHATS) * unit->seconds)
			(*at)++;
		(*at)->counts[i % WHATS] += redis_reply_int(redis_reply_at(reply, (size_t)i));
	}
	redis_reply_free(reply);
	redis_args_clear(&args);
	return good;
}

/* Fills the counters of entries that follow each other; only what can be there is read. */
static bool read_entries(struct api_ctx *ctx, struct lp_str nsp, const struct unit *unit,
			 struct entry *entries, size_t count)
{
	int64_t per_day = STAT_TIME_DAY / unit->seconds;
	int64_t now = (int64_t)(lp_wall_ms() / 1000) / unit->seconds;
	int64_t at = entries[0].start / unit->seconds;
	int64_t end = entries[count - 1].end / unit->seconds;

	if (at < now - unit->kept * per_day)
		at = now - unit->kept * per_day;
	if (end > now + per_day) /* the clock of Redis may be ahead of ours */
		end = now + per_day;
	for (int64_t n; at < end; at += n) {
		n = per_day - at % per_day;
		if (n > UNITS_MAX)
			n = UNITS_MAX;
		if (n > end - at)
			n = end - at;
		if (!read_units(ctx, nsp, unit, at, n, &entries))
			return false;
	}
	return true;
}

static const struct unit *unit_of(enum stat_time_by by)
{
	return by == STAT_BY_MINUTE ? &minutes : &quarters;
}

void api_stat_current(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	static const char *const names[] = {
		[STAT_BY_MINUTE] = "Minute", [STAT_BY_HOUR] = "Hour", [STAT_BY_DAY] = "Date"};
	int64_t now = (int64_t)(lp_wall_ms() / 1000);
	bool good = true;

	for (int by = STAT_BY_MINUTE; by <= STAT_BY_DAY && good; by++) {
		struct entry e = {.start = stat_time_floor((enum stat_time_by)by, now)};

		e.end = stat_time_next((enum stat_time_by)by, e.start);
		good = read_entries(ctx, req->user, unit_of((enum stat_time_by)by), &e, 1);
		lp_buf_addf(&resp->body, "%c\"curr%sMessageCount\":%" PRId64,
			    by == STAT_BY_MINUTE ? '{' : ',', names[by], e.counts[PUSHED]);
	}
	if (good)
		lp_buf_addc(&resp->body, '}');
	else
		api_fail(resp, API_UNAVAILABLE);
}

/* --- message-stat --- */

/* As api_param_time(), in s, rounded up. */
static int read_time(struct json_object *params, const char *name, int64_t *out)
{
	int64_t ms;
	int rc = api_param_time(params, name, &ms);

	if (rc == LP_OK)
		*out = (ms + 999) / 1000;
	return rc;
}

/* The parameter that is wrong, or NULL. */
static const char *read_range(struct json_object *params, enum stat_time_by *by, int64_t *from,
			      int64_t *to)
{
	static const struct {
		struct lp_str name;
		int64_t seconds;
	} words[] = {
		[STAT_BY_MINUTE] = {{"minute", 6}, 60},
		[STAT_BY_HOUR] = {{"hour", 4}, 3600},
		[STAT_BY_DAY] = {{"day", 3}, STAT_TIME_DAY},
	};
	struct lp_str text;
	int rc = api_param_text(params, "by", &text);
	size_t i;

	for (i = 0; text.n && i <= STAT_BY_DAY && !lp_str_eq(text, words[i].name); i++)
		;
	if (rc == LP_EINVAL || i > STAT_BY_DAY)
		return "by";
	*by = text.n ? (enum stat_time_by)i : STAT_BY_HOUR;
	rc = read_time(params, "to", to);
	if (rc == LP_EINVAL)
		return "to";
	if (rc == LP_ENOENT) /* with the one that has begun */
		*to = (int64_t)(lp_wall_ms() / 1000) + 1;
	rc = read_time(params, "from", from);
	if (rc == LP_EINVAL)
		return "from";
	if (rc == LP_ENOENT)
		*from = *to > DEFAULT * words[*by].seconds ? *to - DEFAULT * words[*by].seconds : 0;
	return NULL;
}

/* The entries, heap; NULL when there are too many. from < to. */
static struct entry *make_entries(enum stat_time_by by, int64_t from, int64_t to, size_t *count)
{
	struct entry *entries = lp_xcalloc(ENTRIES_MAX, sizeof(*entries));
	int64_t at = stat_time_floor(by, from);

	for (*count = 0; at < to && *count < ENTRIES_MAX; at = entries[(*count)++].end) {
		entries[*count].start = at;
		entries[*count].end = stat_time_next(by, at);
	}
	if (at < to) {
		free(entries);
		return NULL;
	}
	return entries;
}

static void add_entry(struct lp_buf *out, const struct entry *e)
{
	const int64_t *n = e->counts;

	lp_buf_addz(out, "{\"time\":\"");
	iso_time_add(out, e->start);
	lp_buf_addf(out,
		    "\",\"pushed\":%" PRId64 ",\"online\":%" PRId64 ",\"ack\":%" PRId64
		    ",\"ackWeb\":%" PRId64 ",\"ackIOS\":%" PRId64 ",\"ackAndroid\":%" PRId64 "}",
		    n[PUSHED], n[ONLINE], n[ACK_WEB] + n[ACK_IOS] + n[ACK_ANDROID], n[ACK_WEB],
		    n[ACK_IOS], n[ACK_ANDROID]);
}

void api_stat(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	enum stat_time_by by;
	int64_t from = 0, to = 0;
	const char *wrong = read_range(req->params, &by, &from, &to);
	struct entry *entries;
	size_t count;

	if (wrong) {
		api_fail_field(resp, wrong,
			       *wrong == 'b' ? "by must be day, hour or minute"
					     : "from and to must be ms since 1970 or ISO 8601");
		return;
	}
	if (from >= to) {
		api_fail_field(resp, "to", "to must be later than from");
		return;
	}
	entries = make_entries(by, from, to, &count);
	if (!entries) {
		api_fail_field(resp, "from", "from lies more than 1500 entries before to");
	} else if (!read_entries(ctx, req->user, unit_of(by), entries, count)) {
		api_fail(resp, API_UNAVAILABLE);
	} else {
		lp_buf_addz(&resp->body, "{\"list\":[");
		for (size_t i = 0; i < count; i++) {
			if (i)
				lp_buf_addc(&resp->body, ',');
			add_entry(&resp->body, &entries[i]);
		}
		lp_buf_addz(&resp->body, "]}");
	}
	free(entries);
}
