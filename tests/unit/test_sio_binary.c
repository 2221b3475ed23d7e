#include "config.h"

#include "connector/proto/sio_binary.h"
#include "tests/unit/lp_test.h"

#define P(n) "{\"_placeholder\":true,\"num\":" n "}"

static void test_renumbered(void)
{
	static const struct {
		struct lp_str in;
		unsigned attachments;
		struct lp_str out;
		int count;
		unsigned order[3];
	} rows[] = {
		{BYTES("[\"e\"," P("0") "]"), 1, BYTES("[\"e\"," P("0") "]"), 1, {0}},
		{BYTES("[\"e\"," P("1") "," P("0") "]"),
		 2,
		 BYTES("[\"e\"," P("0") "," P("1") "]"),
		 2,
		 {1, 0}},
		{BYTES("[\"e\"," P("0") "," P("0") "]"),
		 1,
		 BYTES("[\"e\"," P("0") "," P("1") "]"),
		 2,
		 {0, 0}},
		{BYTES("[\"e\",1]"), 1, BYTES("[\"e\",1]"), 0, {0}},
		{BYTES("[\"e\",{\"a\":[{\"b\":" P("1") "}]}]"),
		 2,
		 BYTES("[\"e\",{\"a\":[{\"b\":" P("0") "}]}]"),
		 1,
		 {1}},
		{BYTES("[\"e\",{ \"num\" : 0 , \"x\":1, \"_placeholder\" : true, \"y\":[{}] }]"),
		 1,
		 BYTES("[\"e\"," P("0") "]"),
		 1,
		 {0}},
		/* no placeholders */
		{BYTES("[\"{\\\"_placeholder\\\":true}\\\\\",{\"_placeholder\":false,\"num\":7}]"),
		 1,
		 BYTES("[\"{\\\"_placeholder\\\":true}\\\\\",{\"_placeholder\":false,\"num\":7}]"),
		 0,
		 {0}},
		{BYTES("[\"e\",{\"x\":[{}],\"_placeholder\":true,\"num\":0}]"),
		 1,
		 BYTES("[\"e\",{\"x\":[{}],\"_placeholder\":true,\"num\":0}]"),
		 0,
		 {0}},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned order[SIO_ATTACHMENTS_MAX];
		struct lp_buf out = {0};
		int count = sio_binary_renumber(&out, rows[i].in, rows[i].attachments, order);

		CHECK_ROW(rows[i].in, count == rows[i].count);
		CHECK_ROW(rows[i].in, lp_str_eq(lp_buf_str(&out), rows[i].out));
		for (int k = 0; k < count; k++)
			CHECK_ROW(rows[i].in, order[k] == rows[i].order[k]);
		lp_buf_clear(&out);
	}
}

static void test_refused(void)
{
	static const struct lp_str rows[] = {
		BYTES("[\"e\"," P("1") "]"),
		BYTES("[\"e\"," P("-1") "]"),
		BYTES("[\"e\"," P("\"0\"") "]"),
		BYTES("[\"e\"," P("0.5") "]"),
		BYTES("[\"e\"," P("1e99") "]"),
		BYTES("[\"e\"," P("10") "]"),
		BYTES("[\"e\"," P("999999") "]"),
		BYTES("[\"e\"," P("null") "]"),
		BYTES("[\"e\",{\"_placeholder\":true}]"),
		BYTES("[\"e\",{\"_placeholder\":true,\"x\":[],\"num\":0}]"),
		BYTES("[" P("0") P("0") P("0") P("0") P("0") P("0") P("0") P("0") P("0") P("0")
			      P("0") "]"),
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		unsigned order[SIO_ATTACHMENTS_MAX];
		struct lp_buf out = {0};

		CHECK_ROW(rows[i], sio_binary_renumber(&out, rows[i], 1, order) == LP_EPROTO);
		lp_buf_clear(&out);
	}
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"renumbered", test_renumbered},
		{"refused", test_refused},
	};

	return lp_test_main("sio_binary", tests, COUNT(tests));
}
