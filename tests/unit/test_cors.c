#include "config.h"

#include "connector/io/cors.h"
#include "tests/unit/lp_test.h"

#define ECHOED(origin)                                                                             \
	"Access-Control-Allow-Origin: " origin "\r\nAccess-Control-Allow-Credentials: true\r\n"
#define GRANTED "Access-Control-Allow-Methods: GET,POST,OPTIONS\r\nAccess-Control-Max-Age: 600\r\n"

static void parse(struct http_head *h, struct lp_buf *text, const char *method, const char *lines)
{
	lp_buf_reset(text);
	lp_buf_addf(text, "%s / HTTP/1.1\r\nHost: h:80\r\n%s\r\n", method, lines);
	CHECK_ROW(lp_cstr(lines), http_head_parse(h, text->data, text->len) > 0);
}

static void test_origins(void)
{
	static const struct {
		const char *list, *origin;
		bool allowed;
	} rows[] = {
		{"", "http://a", false},
		{"http://a", "http://a", true},
		{"http://a", "HTTP://A", true},
		{"http://a", "http://a.b", false},
		{"http://a/", "http://a", true},
		{"http://b, http://a:8080 ,http://c", "http://a:8080", true},
		{"http://b, http://a:8080", "http://a", false},
		{"*", "http://any", true},
		{"http://b,*", "null", true},
		{"*", "", false},
		{",,", "http://a", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cors *c = cors_new(rows[i].list, true);

		CHECK_ROW(lp_cstr(rows[i].list),
			  cors_allows(c, lp_cstr(rows[i].origin)) == rows[i].allowed);
		cors_free(c);
	}
}

static void test_headers(void)
{
	static const struct {
		const char *list;
		bool credentials;
		const char *lines, *want;
		bool varies;
	} rows[] = {
		{"http://a", true, "Origin: http://a\r\n", ECHOED("http://a"), true},
		{"*", true, "Origin: http://a\r\n", ECHOED("http://a"), true},
		{"http://a", true, "Origin: http://b\r\n", "", false},
		{"http://a", true, "", "", false},
		{"", true, "Origin: http://a\r\n", "", false},
		{"*", false, "Origin: http://a\r\n", "Access-Control-Allow-Origin: *\r\n", false},
		{"http://a", false, "Origin: http://a\r\n",
		 "Access-Control-Allow-Origin: http://a\r\n", true},
		{"http://a", false, "Origin: http://b\r\n", "", false},
	};
	struct lp_buf text = {0}, out = {0};
	struct http_head h;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cors *c = cors_new(rows[i].list, rows[i].credentials);

		parse(&h, &text, "GET", rows[i].lines);
		lp_buf_reset(&out);
		CHECK_ROW(lp_cstr(rows[i].lines), cors_headers(c, &h, &out) == rows[i].varies);
		CHECK_STR(lp_cstr(rows[i].lines), lp_buf_str(&out), lp_cstr(rows[i].want));
		cors_free(c);
	}
	lp_buf_clear(&text);
	lp_buf_clear(&out);
}

static void test_preflight(void)
{
	static const struct {
		const char *method, *lines, *want; /* NULL: not a preflight to grant */
	} rows[] = {
		{"OPTIONS", "Origin: http://a\r\n", GRANTED},
		{"OPTIONS",
		 "Origin: http://a\r\nAccess-Control-Request-Headers: content-type, x_y\r\n",
		 GRANTED "Access-Control-Allow-Headers: content-type, x_y\r\n"},
		{"OPTIONS", "Origin: http://a\r\nAccess-Control-Request-Headers: a:b\r\n", GRANTED},
		{"OPTIONS", "Origin: http://b\r\n", NULL},
		{"OPTIONS", "", NULL},
		{"GET", "Origin: http://a\r\n", NULL},
	};
	struct cors *c = cors_new("http://a", true);
	struct lp_buf text = {0}, out = {0};
	struct http_head h;

	for (size_t i = 0; i < COUNT(rows); i++) {
		bool granted;

		parse(&h, &text, rows[i].method, rows[i].lines);
		lp_buf_reset(&out);
		granted = cors_preflight(c, &h, &out);
		CHECK_ROW(lp_cstr(rows[i].lines), granted == (rows[i].want != NULL));
		CHECK_STR(lp_cstr(rows[i].lines), lp_buf_str(&out), lp_cstr(rows[i].want));
	}
	cors_free(c);
	lp_buf_clear(&text);
	lp_buf_clear(&out);
}

static void test_websocket(void)
{
	static const struct {
		const char *list, *lines;
		bool allowed;
	} rows[] = {
		{"", "Origin: http://b\r\n", true},
		{"http://a", "", true},
		{"http://a", "Origin: http://a\r\n", true},
		{"http://a", "Origin: http://b\r\n", false},
		{"http://a", "Origin: http://h:80\r\n", true}, /* our own host */
		{"http://a", "Origin: http://h\r\n", false},
		{"http://a", "Origin: null\r\n", false},
		{"*", "Origin: null\r\n", true},
	};
	struct lp_buf text = {0};
	struct http_head h;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct cors *c = cors_new(rows[i].list, true);

		parse(&h, &text, "GET", rows[i].lines);
		CHECK_ROW(lp_cstr(rows[i].lines), cors_websocket(c, &h) == rows[i].allowed);
		cors_free(c);
	}
	lp_buf_clear(&text);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"origins", test_origins},
		{"headers", test_headers},
		{"preflight", test_preflight},
		{"websocket", test_websocket},
	};

	return lp_test_main("cors", tests, COUNT(tests));
}
