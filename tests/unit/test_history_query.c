#include "config.h"

#include <time.h>

#include "fcgi-api/api_form.h"
#include "fcgi-api/history_query.h"
#include "tests/unit/lp_test.h"

static struct api_app app;

/* What of a query is wrong, as the answer has it; "" when nothing is. */
static const char *read_query(struct history_query *q, const char *query)
{
	static char wrong[256];
	struct api_ctx ctx = {.app = &app};
	struct api_req req = {.user = LP_STR("/d")};
	struct api_resp resp = {.status = 200};
	bool good;

	CHECK(api_form_parse(lp_cstr(query), &req.params) == LP_OK);
	good = history_query_read(q, &ctx, &req, &resp);
	CHECK_ROW(lp_cstr(query), good == (resp.status == 200));
	snprintf(wrong, sizeof(wrong), "%.*s", LP_FMT(lp_buf_str(&resp.body)));
	q->nsp = q->room = q->apns_name = q->text = lp_str(NULL, 0); /* lived in params */
	lp_buf_clear(&resp.body);
	api_req_clear(&req);
	return wrong;
}

static void test_refused(void)
{
	static const struct {
		const char *query, *field, *msg;
	} rows[] = {
		{"room=a%20b", "room", "room invalid"},
		{"room[]=a", "room", "room invalid"},
		{"room=a&room=b", "room", "room invalid"},
		{"apnsName[x]=a", "apnsName", "apnsName must be a text of at most 100 bytes"},
		{"q[]=a", "q", "q must be a text of at most 200 bytes"},
		{"leaveMessage=yes", "leaveMessage", "leaveMessage must be true or false"},
		{"leaveMessage=2", "leaveMessage", "leaveMessage must be true or false"},
		{"leaveMessage[]=1", "leaveMessage", "leaveMessage must be true or false"},
		{"from=yesterday", "from", "from must be ms since 1970 or ISO 8601"},
		{"from=2026-02-30", "from", "from must be ms since 1970 or ISO 8601"},
		{"from=-1", "from", "from must be ms since 1970 or ISO 8601"},
		{"from=253402300800000", "from", "from must be ms since 1970 or ISO 8601"},
		{"from=99999999999999999999", "from", "from must be ms since 1970 or ISO 8601"},
		{"from[]=1", "from", "from must be ms since 1970 or ISO 8601"},
		{"to=2026-11-23T25:00", "to", "to must be ms since 1970 or ISO 8601"},
		{"to=1.5", "to", "to must be ms since 1970 or ISO 8601"},
		{"to=0", "to", "to must be later than from"},
		{"from=5&to=5", "to", "to must be later than from"},
		{"from=6&to=5", "to", "to must be later than from"},
		{"size=0", "size", "size must be a number from 1 to 500"},
		{"size=501", "size", "size must be a number from 1 to 500"},
		{"size=-5", "size", "size must be a number from 1 to 500"},
		{"size=x", "size", "size must be a number from 1 to 500"},
		{"size=1.5", "size", "size must be a number from 1 to 500"},
		{"size=99999999999999999999", "size", "size must be a number from 1 to 500"},
		{"size[]=5", "size", "size must be a number from 1 to 500"},
		{"cursor=x", "cursor", "cursor is not one of this query"},
		{"cursor[]=x", "cursor", "cursor is not one of this query"},
	};
	struct history_query q;

	for (size_t i = 0; i < COUNT(rows); i++) {
		char want[256];

		snprintf(want, sizeof(want),
			 "{\"code\":9999,\"msg\":\"%s\",\"error\":\"param_invalid\",\"field\":\"%"
			 "s\"}",
			 rows[i].msg, rows[i].field);
		CHECK_STR(lp_cstr(rows[i].query), lp_cstr(read_query(&q, rows[i].query)),
			  lp_cstr(want));
	}
}

static void test_long(void)
{
	static const struct {
		const char *name;
		int most;
		const char *byte;
	} rows[] = {{"q", 200, "a"}, {"apnsName", 100, "a"}, {"room", 20, "r"}};
	struct history_query q;

	for (size_t i = 0; i < COUNT(rows); i++) {
		for (int more = 0; more < 2; more++) {
			struct lp_buf query = {0};

			lp_buf_addf(&query, "%s=", rows[i].name);
			for (int n = 0; n < rows[i].most + more; n++)
				lp_buf_addz(&query, rows[i].byte);
			CHECK_ROW(lp_buf_str(&query), !*read_query(&q, query.data) == !more);
			lp_buf_clear(&query);
		}
	}
}

static void test_taken(void)
{
	static const struct {
		const char *query;
		int64_t from, to, size;
		int leave;
	} rows[] = {
		{"", 0, INT64_MAX, 20, -1},
		{"room=&from=&to=&leaveMessage=&apnsName=&q=&cursor=&size=", 0, INT64_MAX, 20, -1},
		{"from=1000&to=2000&size=500&leaveMessage=1", 1000, 2000, 500, 1},
		{"from=1970-01-01T00:00:02&leaveMessage=false&size=1", 2000, INT64_MAX, 1, 0},
		{"to=1970-01-01T01:00:02%2B01:00&leaveMessage=true", 0, 2000, 20, 1},
		/* a + that was not escaped */
		{"to=1970-01-01T01:00:02+01:00&leaveMessage=0", 0, 2000, 20, 0},
		{"unknown=1", 0, INT64_MAX, 20, -1},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].query);
		struct history_query q;

		CHECK_STR(row, lp_cstr(read_query(&q, rows[i].query)), LP_STR(""));
		CHECK_ROW(row, q.from == rows[i].from && q.to == rows[i].to);
		CHECK_ROW(row, q.size == rows[i].size && q.leave == rows[i].leave);
		CHECK_ROW(row, !q.cursor.set);
	}
}

/* A cursor is of all that is asked but the size. */
static void test_number(void)
{
	static const char *const rows[] = {
		"",     "room=a",         "room=b", "apnsName=a",     "q=a",     "from=1",
		"to=1", "leaveMessage=1", "q=b",    "leaveMessage=0", "from=10", "from=1&to=0100",
	};
	struct history_query a, b;

	for (size_t i = 0; i < COUNT(rows); i++) {
		for (size_t k = 0; k < COUNT(rows); k++) {
			read_query(&a, rows[i]);
			read_query(&b, rows[k]);
			CHECK_ROW(lp_cstr(rows[k]), (a.number == b.number) == (i == k));
		}
	}
	read_query(&a, "room=a&size=3");
	read_query(&b, "size=4&room=a&q=&from=0");
	CHECK(a.number == b.number);
}

int main(void)
{
	static const struct lp_test tests[] = {{"refused", test_refused},
					       {"long", test_long},
					       {"taken", test_taken},
					       {"number", test_number}};
	char *error = NULL;
	int status;

	setenv("TZ", "UTC", 1);
	tzset();
	app.rules = ident_rules_new("^[a-z]+$", 50, 20, 20, 20, &error);
	status = lp_test_main("history_query", tests, COUNT(tests));
	ident_rules_free(app.rules);
	return status;
}
