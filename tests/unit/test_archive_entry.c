#include "config.h"

#include "tests/unit/lp_test.h"
#include "worker/archive/entry.h"

#define EVENT                                                                                      \
	"[\"push\",{\"room\":\"r\",\"namespace\":\"/"                                              \
	"n\",\"pushData\":{\"a\":\"\\u4e2d\"},\"sendDate\":1795430000123,\"id\":7}]"

static void test_entries(void)
{
	static const struct {
		const char *id, *others, *except, *event, *further;
		int rc;
		const char *data, *rooms, *expire, *from;
		int leave;
	} rows[] = {
		{"7", "", "", EVENT, "{\"expire\":\"1\"}", LP_OK, "{\"a\":\"中\"}", "", "1", NULL,
		 -1},
		{"7", "", "=/n#u#web-1", EVENT, "{}", LP_OK, "{\"a\":\"中\"}", "", NULL, NULL, -1},
		{"7", "[\"s\",\"t\"]", "me", EVENT,
		 "{\"expire\":\"2\",\"from\":\"f\",\"leaveMessage\":\"true\"}", LP_OK,
		 "{\"a\":\"中\"}", "[\"r\",\"s\",\"t\"]", "2", "f", 1},
		{"7", "", "", EVENT, "{\"pushData\":\"{\\\"b\\\":1}\",\"leaveMessage\":\"false\"}",
		 LP_OK, "{\"b\":1}", "", NULL, NULL, 0},
		{"x", "", "", EVENT, "{}", LP_EINVAL, NULL, NULL, NULL, NULL, 0},
		{"7", "", "", EVENT, "", LP_EINVAL, NULL, NULL, NULL, NULL, 0},
		{"7", "", "", "[]", "{}", LP_EINVAL, NULL, NULL, NULL, NULL, 0},
		{"7", "", "", "[\"push\",{\"pushData\":1}]", "{}", LP_EINVAL, NULL, NULL, NULL,
		 NULL, 0},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct lp_str fields[ARCHIVE_FIELDS] = {
			LP_STR("1-0"),
			lp_cstr(rows[i].id),
			LP_STR("r"),
			lp_cstr(rows[i].others),
			lp_cstr(rows[i].except),
			lp_cstr(rows[i].event),
			lp_cstr(rows[i].further),
		};
		struct archive_message m;

		CU_ASSERT_EQUAL_FATAL(archive_entry_read(&m, fields), rows[i].rc);
		if (rows[i].rc != LP_OK)
			continue;
		CU_ASSERT_EQUAL(m.id, 7);
		CU_ASSERT_EQUAL(m.sent, INT64_C(1795430000123));
		CU_ASSERT(lp_str_eq(lp_buf_str(&m.data), lp_cstr(rows[i].data)));
		CU_ASSERT(lp_str_eq(lp_buf_str(&m.rooms), lp_cstr(rows[i].rooms)));
		CU_ASSERT(lp_str_eq(m.expire, lp_cstr(rows[i].expire)));
		CU_ASSERT(lp_str_eq(m.from, lp_cstr(rows[i].from)));
		CU_ASSERT_EQUAL(!m.except.p, !*rows[i].except);
		CU_ASSERT(lp_str_eq(m.except, lp_cstr(rows[i].except)));
		CU_ASSERT_EQUAL(m.leave, rows[i].leave);
		CU_ASSERT_EQUAL(m.cancel, -1);
		archive_entry_clear(&m);
	}
}

static void test_counts(void)
{
	static const struct {
		const char *name, *value;
	} fields[] = {
		{"@a.1", "1/2/3"},
		{"@b.9", "10/0/0"},
		{"ackWebCount", "4"},
		{"ackIOSCount", "x"},
		{"sendDate", "1795430000123"},
		{"apnsCount", "2"},
		{"result", "apns 1/2"},
		{"room", "r"},
	};
	struct archive_counts c = {0};

	for (size_t i = 0; i < COUNT(fields); i++)
		archive_counts_add(&c, lp_cstr(fields[i].name), lp_cstr(fields[i].value));
	archive_counts_end(&c);
	CU_ASSERT(c.online[0] == 11 && c.online[1] == 2 && c.online[2] == 3);
	CU_ASSERT(c.acks[0] == 4 && c.acks[1] == 0 && c.acks[2] == 0);
	CU_ASSERT_EQUAL(c.sent, INT64_C(1795430000123));
	CU_ASSERT(lp_str_eq(lp_buf_str(&c.offline),
			    LP_STR("{\"apnsCount\":\"2\",\"result\":\"apns 1/2\"}")));
	archive_counts_clear(&c);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"entries of a log", test_entries},
		{"counts of a record", test_counts},
	};

	return lp_test_main("archive_entry", tests, COUNT(tests));
}
