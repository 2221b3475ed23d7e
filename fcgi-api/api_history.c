#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/archive/archive_no.h"
#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/model/csv.h"
#include "common/model/iso_time.h"
#include "common/store/stat_time.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_history.h"
#include "fcgi-api/api_report.h"
#include "fcgi-api/archive_read.h"

#define PAGE_BYTES   (16 << 20) /* of one answer: its last message may go beyond */
#define EXPORT_ROWS  500
#define EXPORT_BYTES (256 << 10) /* that are in memory at a time */
#define STAT_ENTRIES 1500
#define STAT_DEFAULT 24 /* entries when `from` is not given */

/* Whether there is an archive; else resp is the answer. */
static bool archived(struct api_ctx *ctx, struct api_resp *resp)
{
	if (!ctx->archive)
		api_fail(resp, API_ARCHIVE_OFF);
	return ctx->archive;
}

static void fail_read(struct api_ctx *ctx, struct api_resp *resp, int rc)
{
	if (rc == LP_EINVAL)
		api_fail_field(resp, "q", "q has no word to look for");
	else
		api_fail_text(resp, API_ARCHIVE_UNAVAILABLE, archive_reader_why(ctx->archive));
}

/* --- list --- */

static void add_listed(void *arg, const struct history_record *record)
{
	struct lp_buf *out = arg;

	lp_buf_addz(out, out->data[out->len - 1] == '[' ? "{" : ",{");
	history_record_json(out, record);
	lp_buf_addc(out, '}');
}

static void end_page(struct api_ctx *ctx, struct api_resp *resp, int rc, uint64_t query,
		     const struct history_cursor *next)
{
	if (rc != LP_OK) {
		fail_read(ctx, resp, rc);
		return;
	}
	lp_buf_addz(&resp->body, "],\"cursor\":");
	if (next->set) {
		lp_buf_addc(&resp->body, '"');
		history_cursor_encode(&resp->body, query, next);
		resp->searched = archive_no_sent(next->no);
		lp_buf_addz(&resp->body, "\"}");
	} else {
		lp_buf_addz(&resp->body, "null}");
	}
}

void api_history(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct history_query q;
	struct history_cursor next;
	int rc;

	if (!archived(ctx, resp) || !history_query_read(&q, ctx, req, resp))
		return;
	lp_buf_addz(&resp->body, "{\"list\":[");
	rc = archive_read_page(ctx->archive, &q, PAGE_BYTES, add_listed, &resp->body, &next);
	end_page(ctx, resp, rc, q.number, &next);
}

/* --- clients --- */

static void add_client(void *arg, const struct archive_client_event *c)
{
	struct lp_buf *out = arg;

	lp_buf_addz(out, out->data[out->len - 1] == '[' ? "" : ",");
	lp_buf_addf(out, "{\"time\":%" PRId64 ",\"client\":", c->time);
	lp_json_quote(out, c->client);
	lp_buf_addz(out, ",\"user\":");
	lp_json_quote(out, c->user);
	lp_buf_addz(out, ",\"platform\":");
	lp_json_quote(out, c->platform);
	lp_buf_addf(out, ",\"event\":\"%s\",\"reason\":", c->reason.p ? "disconnect" : "connect");
	if (c->reason.p)
		lp_json_quote(out, c->reason);
	else
		lp_buf_addz(out, "null");
	lp_buf_addc(out, '}');
}

void api_history_clients(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct history_clients_query q;
	struct history_cursor next;
	int rc;

	if (!archived(ctx, resp))
		return;
	if (!ctx->app->settings->archive_clients) {
		api_fail(resp, API_ARCHIVE_CLIENTS_OFF);
		return;
	}
	if (!history_query_clients(&q, ctx, req, resp))
		return;
	lp_buf_addz(&resp->body, "{\"list\":[");
	rc = archive_read_clients(ctx->archive, &q, add_client, &resp->body, &next);
	end_page(ctx, resp, rc, q.number, &next);
}

/* --- one --- */

static void add_one(void *arg, const struct history_record *record)
{
	history_record_json(arg, record);
}

void api_history_message(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct lp_str id = lp_buf_str(&req->arg);
	int rc = LP_ENOENT;

	if (!archived(ctx, resp))
		return;
	lp_buf_addc(&resp->body, '{');
	if (api_report_id(id))
		rc = archive_read_message(ctx->archive, req->user, id, add_one, &resp->body);
	if (rc == LP_OK)
		lp_buf_addc(&resp->body, '}');
	else if (rc == LP_ENOENT)
		api_fail(resp, API_MESSAGE_NOT_FOUND);
	else
		fail_read(ctx, resp, rc);
}

/* --- statistics --- */

struct entry {
	int64_t start, end; /* s since 1970 */
	int64_t counts[ARCHIVE_COUNTS];
};

struct entries {
	struct entry *list;
	size_t count, at;
};

static bool read_by(struct api_req *req, struct api_resp *resp, enum stat_time_by *by)
{
	struct lp_str text;

	*by = STAT_BY_DAY;
	if (api_param_text(req->params, "by", &text) == LP_EINVAL ||
	    (text.n && !lp_str_eq(text, LP_STR("day")) && !lp_str_eq(text, LP_STR("hour")))) {
		api_fail_field(resp, "by", "by must be day or hour");
		return false;
	}
	if (lp_str_eq(text, LP_STR("hour")))
		*by = STAT_BY_HOUR;
	return true;
}

/* The entries from the one that from_ms is in, at most STAT_ENTRIES; false when there are more. */
static bool make_entries(struct entries *e, enum stat_time_by by, int64_t from_ms, int64_t to_ms)
{
	int64_t at = stat_time_floor(by, from_ms / 1000);

	e->list = lp_xcalloc(STAT_ENTRIES, sizeof(e->list[0]));
	for (; at * 1000 < to_ms && e->count < STAT_ENTRIES; at = e->list[e->count++].end) {
		e->list[e->count].start = at;
		e->list[e->count].end = stat_time_next(by, at);
	}
	return at * 1000 >= to_ms;
}

static void add_counts(void *arg, int64_t start, const int64_t counts[ARCHIVE_COUNTS])
{
	struct entries *e = arg;

	while (e->at < e->count && e->list[e->at].end <= start)
		e->at++;
	for (int i = 0; i < ARCHIVE_COUNTS && e->at < e->count; i++)
		e->list[e->at].counts[i] += counts[i];
}

static void add_entry(struct lp_buf *out, const struct entry *e)
{
	const int64_t *n = e->counts;

	lp_buf_addz(out, "{\"time\":\"");
	iso_time_add(out, e->start);
	lp_buf_addf(out,
		    "\",\"pushed\":%" PRId64 ",\"online\":%" PRId64 ",\"ack\":%" PRId64
		    ",\"ackWeb\":%" PRId64 ",\"ackIOS\":%" PRId64 ",\"ackAndroid\":%" PRId64
		    ",\"offline\":%" PRId64 "}",
		    n[ARCHIVE_PUSHED], n[ARCHIVE_ONLINE],
		    n[ARCHIVE_ACK_WEB] + n[ARCHIVE_ACK_IOS] + n[ARCHIVE_ACK_ANDROID],
		    n[ARCHIVE_ACK_WEB], n[ARCHIVE_ACK_IOS], n[ARCHIVE_ACK_ANDROID],
		    n[ARCHIVE_OFFLINE]);
}

static void add_entries(struct lp_buf *out, const struct entries *e)
{
	lp_buf_addz(out, "{\"list\":[");
	for (size_t i = 0; i < e->count; i++) {
		if (i)
			lp_buf_addc(out, ',');
		add_entry(out, &e->list[i]);
	}
	lp_buf_addz(out, "]}");
}

void api_history_stat(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct entries e = {.list = NULL};
	int64_t from = -1, to = (int64_t)lp_wall_ms() + 1;
	enum stat_time_by by;
	int rc;

	if (!archived(ctx, resp) || !read_by(req, resp, &by) ||
	    !history_query_times(req->params, resp, &from, &to))
		return;
	if (from < 0)
		from = to - STAT_DEFAULT * (by == STAT_BY_DAY ? 24 : 1) * INT64_C(3600000);
	if (!make_entries(&e, by, from > 0 ? from : 0, to)) {
		api_fail_field(resp, "from", "from lies more than 1500 entries before to");
	} else {
		rc = archive_read_stat(ctx->archive, req->user, e.list[0].start,
				       e.list[e.count - 1].end, add_counts, &e);
		if (rc == LP_OK)
			add_entries(&resp->body, &e);
		else
			fail_read(ctx, resp, rc);
	}
	free(e.list);
}

/* --- export --- */

struct export
{
	struct api_stream stream;
	struct api_ctx *ctx;
	struct history_query query; /* borrows from the request, which lives longer */
	bool csv, ended;
	struct lp_buf first; /* the first piece, read before the answer began */
};

static void add_line(void *arg, const struct history_record *record)
{
	lp_buf_addc(arg, '{');
	history_record_json(arg, record);
	lp_buf_addz(arg, "}\n");
}

static void add_csv(void *arg, const struct history_record *record)
{
	history_record_csv(arg, record);
}

/* Appends the next page; a page may be empty and not be the last. */
static int read_piece(struct export *x, struct lp_buf *out)
{
	struct history_cursor next;
	int rc = archive_read_page(x->ctx->archive, &x->query, EXPORT_BYTES,
				   x->csv ? add_csv : add_line, out, &next);

	x->query.cursor = next;
	x->ended = !next.set;
	return rc;
}

static int next_piece(struct api_stream *stream, struct lp_buf *out)
{
	struct export *x = (struct export *)stream;

	if (x->first.len) {
		lp_buf_adds(out, lp_buf_str(&x->first));
		lp_buf_clear(&x->first);
		return LP_OK;
	}
	return x->ended ? LP_ENOENT : read_piece(x, out);
}

static void free_export(struct api_stream *stream)
{
	struct export *x = (struct export *)stream;

	__atomic_sub_fetch(&x->ctx->app->running->exports, 1, __ATOMIC_RELAXED);
	lp_buf_clear(&x->first);
	free(x);
}

static bool read_format(struct api_req *req, struct api_resp *resp, bool *csv)
{
	struct lp_str text;
	int rc = api_param_text(req->params, "format", &text);

	*csv = lp_str_eq(text, LP_STR("csv"));
	if (rc != LP_EINVAL && (!text.n || *csv || lp_str_eq(text, LP_STR("ndjson"))))
		return true;
	api_fail_field(resp, "format", "format must be ndjson or csv");
	return false;
}

/* So that exports to callers who take their time leave threads for all others. */
static bool take_place(const struct api_app *app)
{
	int most = (int)(app->settings->api_threads + 3) / 4;

	if (__atomic_add_fetch(&app->running->exports, 1, __ATOMIC_RELAXED) <= most)
		return true;
	__atomic_sub_fetch(&app->running->exports, 1, __ATOMIC_RELAXED);
	return false;
}

void api_history_export(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct export *x;
	struct history_query q;
	bool csv;
	int rc;

	if (!archived(ctx, resp) || !read_format(req, resp, &csv) ||
	    !history_query_read(&q, ctx, req, resp))
		return;
	if (!take_place(ctx->app)) {
		api_fail(resp, API_ARCHIVE_BUSY);
		return;
	}
	x = lp_xcalloc(1, sizeof(*x));
	x->stream = (struct api_stream){.next = next_piece, .free = free_export};
	x->ctx = ctx;
	x->query = q;
	x->query.size = EXPORT_ROWS;
	x->csv = csv;
	if (csv) {
		lp_buf_addz(&x->first, CSV_BOM);
		history_record_csv(&x->first, NULL);
	}
	rc = read_piece(x, &x->first);
	if (rc == LP_OK) {
		resp->type = csv ? "text/csv" : "application/x-ndjson";
		resp->filename = csv ? "history.csv" : "history.ndjson";
		resp->stream = &x->stream;
	} else {
		free_export(&x->stream);
		fail_read(ctx, resp, rc);
	}
}
