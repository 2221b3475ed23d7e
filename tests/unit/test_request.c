/* connector/store/request.c: the bytes of a call, and the order in which requests are sent. */
#include "config.h"

#include "connector/store/request.h"
#include "tests/unit/lp_test.h"

static struct request *make(enum request_kind kind, const char *arg)
{
	struct lp_buf args = {0};
	struct request *r;

	request_addz(&args, arg);
	r = request_new(kind, LP_STR("lp:{/d}"), &args, 1, NULL, NULL);
	lp_buf_clear(&args);
	return r;
}

static void test_strings(void)
{
	static const struct {
		uint64_t n;
		const char *want;
	} numbers[] = {
		{0, "$1\r\n0\r\n"},
		{9, "$1\r\n9\r\n"},
		{10, "$2\r\n10\r\n"},
		{UINT64_MAX, "$20\r\n18446744073709551615\r\n"},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(numbers); i++) {
		lp_buf_reset(&out);
		request_addu(&out, numbers[i].n);
		CU_ASSERT(lp_str_eq(lp_buf_str(&out), lp_cstr(numbers[i].want)));
	}
	lp_buf_reset(&out);
	request_add(&out, lp_str("a\0\r\nb", 5));
	request_addz(&out, "");
	CU_ASSERT(lp_str_eq(lp_buf_str(&out), LP_STR("$5\r\na\0\r\nb\r\n$0\r\n\r\n")));
	lp_buf_clear(&out);
}

/* The commands one after the other, ! behind the last one. */
static void note_command(void *arg, const struct lp_buf *command, bool last)
{
	lp_buf_adds(arg, lp_buf_str(command));
	lp_buf_addc(arg, last ? '!' : '|');
}

/* The owner stands behind the key in those scripts that want it. */
static void test_write(void)
{
	static const struct {
		enum request_kind kind;
		const char *head, *tail;
	} rows[] = {
		{REQUEST_CLIENT_OFF, "*6\r\n$7\r\nEVALSHA\r\n$40\r\n",
		 "\r\n$1\r\n1\r\n$7\r\nlp:{/d}\r\n$3\r\na.1\r\n$1\r\nx\r\n"},
		{REQUEST_INFO, "*5\r\n$7\r\nEVALSHA\r\n$40\r\n",
		 "\r\n$1\r\n1\r\n$7\r\nlp:{/d}\r\n$1\r\nx\r\n"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct request *r = make(rows[i].kind, "x");
		struct lp_buf want = {0}, out = {0}, scratch = {0};

		request_write(r, LP_STR("a.1"), &scratch, note_command, &out);
		lp_buf_addf(&want, "%s%s%s!", rows[i].head, request_script(rows[i].kind)->sha1,
			    rows[i].tail);
		CU_ASSERT(lp_str_eq(lp_buf_str(&out), lp_buf_str(&want)));
		lp_buf_clear(&out);
		lp_buf_clear(&scratch);
		lp_buf_clear(&want);
		free(r);
	}
}

/* Acks: the sets by plain commands, then the script, all in one transaction. */
static void test_acks(void)
{
	static const char *const groups[] = {"7",   "web", "2", "/d#a b#web-\r\n", "", "18",
					     "ios", "1",   "$1"};
	struct lp_buf args = {0}, want = {0}, out = {0}, scratch = {0};
	struct request *r;

	for (size_t i = 0; i < COUNT(groups); i++)
		request_addz(&args, groups[i]);
	r = request_new(REQUEST_ACKS, LP_STR("lp:{/d}"), &args, COUNT(groups), NULL, NULL);
	request_write(r, LP_STR("a.1"), &scratch, note_command, &out);
	lp_buf_addf(&want,
		    "*1\r\n$5\r\nMULTI\r\n|"
		    "*4\r\n$4\r\nSADD\r\n$17\r\nlp:{/d}:ack:7:web\r\n$13\r\n/d#a b#web-\r\n\r\n"
		    "$0\r\n\r\n|"
		    "*3\r\n$4\r\nSADD\r\n$18\r\nlp:{/d}:ack:18:ios\r\n$2\r\n$1\r\n|"
		    "*8\r\n$7\r\nEVALSHA\r\n$40\r\n%s\r\n$1\r\n1\r\n$7\r\nlp:{/d}\r\n"
		    "$1\r\n7\r\n$3\r\nweb\r\n$2\r\n18\r\n$3\r\nios\r\n|"
		    "*1\r\n$4\r\nEXEC\r\n!",
		    request_script(REQUEST_ACKS)->sha1);
	CU_ASSERT(lp_str_eq(lp_buf_str(&out), lp_buf_str(&want)));
	lp_buf_clear(&args);
	lp_buf_clear(&want);
	lp_buf_clear(&out);
	lp_buf_clear(&scratch);
	free(r);
}

/* s: sends one; a: one is answered; r: the link broke; p: one more is put. */
static void test_queue(void)
{
	static const struct {
		const char *steps;
		const char *sent; /* the first letter of what each s sent, - when there was none */
		size_t count, on_the_way;
	} rows[] = {
		{"s", "-", 0, 0},      {"ps", "A", 1, 1},       {"pps", "A", 2, 1},
		{"ppssa", "AB", 1, 1}, {"ppsss", "AB-", 2, 2},  {"pppssars", "ABB", 2, 1},
		{"psaps", "AB", 1, 1}, {"psrpss", "AAB", 2, 2}, {"ppssaarps", "ABC", 1, 1},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct request_queue q = {0};
		char sent[16] = "", name[2] = "A";
		size_t n = 0;

		for (const char *step = rows[i].steps; *step; step++) {
			struct request *r;

			if (*step == 'p') {
				request_queue_put(&q, make(REQUEST_ACKS, name));
				name[0]++;
			} else if (*step == 's') {
				r = request_queue_send(&q);
				sent[n++] = r ? r->bytes[r->len - 3] : '-';
			} else if (*step == 'a') {
				free(request_queue_answered(&q));
			} else {
				request_queue_rewind(&q);
			}
		}
		CU_ASSERT_STRING_EQUAL(sent, rows[i].sent);
		CU_ASSERT_EQUAL(q.count, rows[i].count);
		CU_ASSERT_EQUAL(q.sent, rows[i].on_the_way);
		/* all are of one size */
		CU_ASSERT(q.count == 0 || q.bytes / q.count * q.sent == q.sent_bytes);
		CU_ASSERT(q.count > 0 || q.bytes == 0);
		request_queue_clear(&q);
	}
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"strings", test_strings},
		{"write", test_write},
		{"acks", test_acks},
		{"queue", test_queue},
	};

	scripts_init();
	return lp_test_main("request", tests, COUNT(tests));
}
