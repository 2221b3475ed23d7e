#include "config.h"

#include "connector/proto/eio_payload.h"
#include "tests/unit/lp_test.h"

enum form { V4, V3_TEXT, V3_BINARY };

/* The packets as type(data) or type[binary data], and "!" at an error. */
static void transcript(enum form form, struct lp_str body, struct lp_buf *log)
{
	struct eio_payload_in in;
	struct eio_packet p;
	int rc;

	lp_buf_reset(log);
	eio_payload_open(&in, form == V4 ? 4 : 3, form == V3_BINARY, body);
	while ((rc = eio_payload_next(&in, &p)) == 1) {
		lp_buf_addu(log, p.type);
		lp_buf_addc(log, p.binary ? '[' : '(');
		lp_buf_adds(log, p.data);
		lp_buf_addc(log, p.binary ? ']' : ')');
	}
	CHECK_ROW(body, rc == 0 || rc == LP_EPROTO);
	if (rc < 0)
		lp_buf_addc(log, '!');
	CHECK_ROW(body, eio_payload_next(&in, &p) == rc); /* and it stays so */
	eio_payload_close(&in);
}

#define EVENT "451-/demo,[\"echo\",{\"_placeholder\":true,\"num\":0},\"x\"]"
#define SMILE "h\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"

static const struct {
	enum form form;
	struct lp_str body, want;
} rows[] = {
	{V4, BYTES("4hello"), BYTES("4(hello)")},
	{V4,
	 BYTES("4hello\x1e"
	       "bAQIDBA=="),
	 BYTES("4(hello)4[\1\2\3\4]")},
	{V4,
	 BYTES(EVENT "\x1e"
		     "bAQID"),
	 BYTES("4(51-/demo,[\"echo\",{\"_placeholder\":true,\"num\":0},\"x\"])4[\1\2\3]")},
	{V4,
	 BYTES("6\x1e"
	       "1"),
	 BYTES("6()1()")},
	{V4, BYTES("4" SMILE), BYTES("4(" SMILE ")")},
	{V4, BYTES(""), BYTES("!")},
	{V4, BYTES("40\x1e"), BYTES("4(0)!")}, /* an empty entry */
	{V4, BYTES("\x1e"), BYTES("!")},
	{V4,
	 BYTES("40\x1e"
	       "abc\x1e"
	       "40/demo,"),
	 BYTES("4(0)!")},
	{V4, BYTES("9"), BYTES("!")},
	{V4, BYTES("42[\"\xff\"]"), BYTES("!")},

	{V3_TEXT, BYTES("6:4hello"), BYTES("4(hello)")},
	{V3_TEXT, BYTES("2:408:40/demo,"), BYTES("4(0)4(0/demo,)")},
	{V3_TEXT, BYTES("1:21:2"), BYTES("2()2()")},
	{V3_TEXT, BYTES("10:b4AQIDBA=="), BYTES("4[\1\2\3\4]")},
	{V3_TEXT, BYTES("52:" EVENT "6:b4AQID"),
	 BYTES("4(51-/demo,[\"echo\",{\"_placeholder\":true,\"num\":0},\"x\"])4[\1\2\3]")},
	{V3_TEXT, BYTES("40:42/demo,0[\"echo\",\"" SMILE "\",{\"a\":[1,null]}]"),
	 BYTES("4(2/demo,0[\"echo\",\"" SMILE "\",{\"a\":[1,null]}])")},
	/* the dialect of 1.x clients */
	{V3_TEXT,
	 BYTES("27:42/demo,[\"c2s\",\"\xc3\x83\xc2\xa9\xc3\xa2\xc2\x82\xc2\xac\xc3\xb0"
	       "\xc2\x9f\xc2\x98\xc2\x80\"]"),
	 BYTES("4(2/demo,[\"c2s\",\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"])")},
	{V3_TEXT, BYTES("4:b4\xc3\x83\xc2\xa9"), BYTES("!")},
	{V3_TEXT, BYTES("3:4\xf0\x9f\x98\x80"), BYTES("4(\xf0\x9f\x98\x80)")},
	{V3_TEXT, BYTES("2:4\xf0\x9f\x98\x80"), BYTES("!")}, /* cuts the pair */
	{V3_TEXT, BYTES("0:1:2"), BYTES("2()")},
	{V3_TEXT, BYTES("0:"), BYTES("")},
	{V3_TEXT, BYTES("01:2"), BYTES("2()")},
	{V3_TEXT, BYTES("000000001:2"), BYTES("2()")},
	{V3_TEXT, BYTES("0000000001:2"), BYTES("!")}, /* ten digits */
	{V3_TEXT, BYTES("7:4hello"), BYTES("!")},
	{V3_TEXT, BYTES("5:4hello"), BYTES("4(hell)!")},
	{V3_TEXT, BYTES("-1:4"), BYTES("!")},
	{V3_TEXT, BYTES(":4"), BYTES("!")},
	{V3_TEXT, BYTES(" 1:2"), BYTES("!")},
	{V3_TEXT, BYTES("+1:2"), BYTES("!")},
	{V3_TEXT, BYTES("1.0:2"), BYTES("!")},
	{V3_TEXT, BYTES("0x1:2"), BYTES("!")},
	{V3_TEXT, BYTES("4hello"), BYTES("!")},
	{V3_TEXT, BYTES("4"), BYTES("!")},
	{V3_TEXT, BYTES("999999999999:4a"), BYTES("!")},
	{V3_TEXT, BYTES("1:2garbage"), BYTES("2()!")},
	{V3_TEXT, BYTES(""), BYTES("!")},
	{V3_TEXT, BYTES("1:9"), BYTES("!")},
	{V3_TEXT, BYTES("3:4\xff\xfe"), BYTES("!")},

	{V3_BINARY,
	 BYTES("\0\6\xff"
	       "4hello"),
	 BYTES("4(hello)")},
	{V3_BINARY,
	 BYTES("\0\6\xff"
	       "4hello\1\5\xff\4\1\2\3\4"),
	 BYTES("4(hello)4[\1\2\3\4]")},
	{V3_BINARY,
	 BYTES("\0\4\2\xff"
	       "451-[\"echo\",{\"_placeholder\":true,\"num\":0}]\1\4\xff\4\1\2\3"),
	 BYTES("4(51-[\"echo\",{\"_placeholder\":true,\"num\":0}])4[\1\2\3]")},
	{V3_BINARY,
	 BYTES("\0\4\4\xff"
	       "451-[\"\xc3\xa9\xf0\x9f\x98\x80\",{\"_placeholder\":true,\"num\":0}]"
	       "\1\3\xff\4\7\x08"),
	 BYTES("4(51-[\"\xc3\xa9\xf0\x9f\x98\x80\",{\"_placeholder\":true,\"num\":0}])4[\7\x08]")},
	{V3_BINARY,
	 BYTES("\1\2\xff\x09x\0\1\xff"
	       "2"),
	 BYTES("2()")}, /* unknown type byte */
	{V3_BINARY,
	 BYTES("\1\0\xff\0\1\xff"
	       "2"),
	 BYTES("2()")},
	{V3_BINARY, BYTES("\0\0\xff"), BYTES("!")},
	{V3_BINARY, BYTES(""), BYTES("!")},
	{V3_BINARY,
	 BYTES("\2\1\xff"
	       "2"),
	 BYTES("!")},
	{V3_BINARY,
	 BYTES("\0\xff"
	       "2"),
	 BYTES("!")}, /* no digit */
	{V3_BINARY,
	 BYTES("\0\2\xff"
	       "2"),
	 BYTES("!")}, /* too short */
	{V3_BINARY,
	 BYTES("\0"
	       "1\xff"
	       "2"),
	 BYTES("!")}, /* an ASCII digit */
	{V3_BINARY,
	 BYTES("\0\0\0\0\0\0\0\0\0\0\1\xff"
	       "2"),
	 BYTES("2()")},
	{V3_BINARY,
	 BYTES("\0\0\0\0\0\0\0\0\0\0\0\1\xff"
	       "2"),
	 BYTES("!")}, /* eleven digits */
	{V3_BINARY, BYTES("\0\x09\x09\x09\x09\x09\x09\x09\x09\x09\x09\xff"), BYTES("!")},
	{V3_BINARY, BYTES("\0\1"), BYTES("!")}, /* no end of the length */
	{V3_BINARY,
	 BYTES("\0\2\xff"
	       "4\xff"),
	 BYTES("!")},
	{V3_BINARY, BYTES("1:2"), BYTES("!")},
};

static void test_next(void)
{
	struct lp_buf log = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		transcript(rows[i].form, rows[i].body, &log);
		CHECK_STR(rows[i].body, lp_buf_str(&log), rows[i].want);
	}
	lp_buf_clear(&log);
}

static void test_from_form(void)
{
	static const struct {
		struct lp_str form;
		bool found;
		struct lp_str want;
	} forms[] = {
		{BYTES("d=14%3A42%5B%22echo%22%2C%22x%22%5D"), true,
		 BYTES("14:42[\"echo\",\"x\"]")},
		{BYTES("d=40"), true, BYTES("40")},
		{BYTES("d="), true, BYTES("")},
		{BYTES("e=40"), false, BYTES("")},
		{BYTES(""), false, BYTES("")},
		{BYTES("d=a+b%00c%C3%A9"), true, BYTES("a b\0c\xc3\xa9")},
		{BYTES("d=a%5C%5Cnb"), true, BYTES("a\\nb")}, /* was an escape */
		{BYTES("d=a%5Cnb"), true, BYTES("a\nb")},     /* was a line feed */
		{BYTES("d=a%5C%5C%5Cnb"), true, BYTES("a\\\\nb")},
		{BYTES("d=a%5C%5Cb%5C"), true, BYTES("a\\\\b\\")},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(forms); i++) {
		lp_buf_reset(&out);
		CHECK_ROW(forms[i].form,
			  eio_payload_from_form(&out, forms[i].form) == forms[i].found);
		CHECK_STR(forms[i].form, lp_buf_str(&out), forms[i].want);
	}
	lp_buf_clear(&out);
}

static const struct eio_packet packets[] = {
	{EIO_MESSAGE, false, BYTES("0")},
	{EIO_MESSAGE, false, BYTES("2[\"" SMILE "\"]")},
	{EIO_MESSAGE, true, BYTES("\1\2\3\4")},
	{EIO_NOOP, false, BYTES("")},
};

static void test_add(void)
{
	struct lp_buf v4 = {0}, v3 = {0}, ascii = {0}, framed = {0};

	for (size_t i = 0; i < COUNT(packets); i++) {
		eio_payload_add_text(&v4, 4, i == 0, false, &packets[i]);
		eio_payload_add_text(&v3, 3, i == 0, false, &packets[i]);
		eio_payload_add_text(&ascii, 3, i == 0, true, &packets[i]);
		eio_payload_add_binary(&framed, &packets[i]);
	}
	CHECK_STR(LP_STR("v4"), lp_buf_str(&v4),
		  LP_STR("40\x1e"
			 "42[\"" SMILE "\"]\x1e"
			 "bAQIDBA==\x1e"
			 "6"));
	CHECK_STR(LP_STR("v3"), lp_buf_str(&v3),
		  LP_STR("2:4011:42[\"" SMILE "\"]10:b4AQIDBA==1:6"));
	CHECK_STR(LP_STR("ascii"), lp_buf_str(&ascii),
		  LP_STR("2:4031:42[\"h\\u00e9\\u20ac\\ud83d\\ude00\"]10:b4AQIDBA==1:6"));
	CHECK_STR(LP_STR("framed"), lp_buf_str(&framed),
		  LP_STR("\0\2\xff"
			 "40\0\1\6\xff"
			 "42[\"" SMILE "\"]\1\5\xff\4\1\2\3\4\0\1\xff"
			 "6"));
	transcript(V4, lp_buf_str(&v4), &ascii);
	transcript(V3_TEXT, lp_buf_str(&v3), &v4);
	CHECK_STR(LP_STR("v4 and v3"), lp_buf_str(&v4), lp_buf_str(&ascii));
	transcript(V3_BINARY, lp_buf_str(&framed), &v4);
	CHECK_STR(LP_STR("v4 and framed"), lp_buf_str(&v4), lp_buf_str(&ascii));
	lp_buf_clear(&v4);
	lp_buf_clear(&v3);
	lp_buf_clear(&ascii);
	lp_buf_clear(&framed);
}

static void test_jsonp(void)
{
	static const struct {
		struct lp_str index, payload, want;
	} answers[] = {
		{BYTES("0"), BYTES("14:42[\"echo\",\"x\"]"),
		 BYTES("___eio[0](\"14:42[\\\"echo\\\",\\\"x\\\"]\");")},
		{BYTES("a1b\");alert(1)//2"), BYTES("1:6"), BYTES("___eio[112](\"1:6\");")},
		{BYTES("7"), BYTES("\\ \n\x01\x1f\x1e\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaa\xe2"),
		 BYTES("___eio[7](\"\\\\ \\n\\u0001\\u001f\\u001e\\u2028\\u2029\xe2\x80\xaa\xe2\""
		       ");")},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(answers); i++) {
		lp_buf_reset(&out);
		eio_payload_jsonp(&out, answers[i].index, answers[i].payload);
		CHECK_STR(answers[i].payload, lp_buf_str(&out), answers[i].want);
	}
	lp_buf_clear(&out);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"next", test_next},
		{"form field", test_from_form},
		{"add, and back", test_add},
		{"JSONP", test_jsonp},
	};

	return lp_test_main("eio_payload", tests, COUNT(tests));
}
