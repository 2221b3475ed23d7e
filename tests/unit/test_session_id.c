#include "config.h"

#include "connector/proto/session_id.h"
#include "tests/unit/lp_test.h"

static const uint8_t zeros[16];
static const uint8_t ones[16] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
				 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void test_make(void)
{
	static const struct {
		struct lp_str tag;
		const uint8_t *random;
		const char *want;
	} rows[] = {
		{BYTES("a"), zeros, "a-AAAAAAAAAAAAAAAAAAAAAA"},
		{BYTES("node1234"), ones, "node1234-_____________________w"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char id[SESSION_ID_MAX + 1];

		memset(id, 'x', sizeof(id));
		session_id_make(id, rows[i].tag, rows[i].random);
		CHECK_STR(rows[i].tag, lp_cstr(id), lp_cstr(rows[i].want));
		CHECK(strlen(id) == rows[i].tag.n + 1 + 22);
	}
}

/* Each random bit shows in the id. */
static void test_every_bit(void)
{
	char base[SESSION_ID_MAX + 1], id[SESSION_ID_MAX + 1];

	session_id_make(base, LP_STR("n"), zeros);
	for (size_t bit = 0; bit < 128; bit++) {
		uint8_t random[16] = {0};

		random[bit / 8] = (uint8_t)(1 << bit % 8);
		session_id_make(id, LP_STR("n"), random);
		CHECK(strcmp(id, base) != 0);
	}
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"make", test_make},
		{"every bit counts", test_every_bit},
	};

	return lp_test_main("session_id", tests, COUNT(tests));
}
