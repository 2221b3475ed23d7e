#include "config.h"

#include "connector/io/http_out.h"
#include "tests/unit/lp_test.h"

static void test_heads(void)
{
	static const struct {
		struct http_answer answer;
		enum http_out_mode mode;
		const char *extra, *want;
	} rows[] = {
		{{.status = 200, .content_type = "text/html", .body = BYTES("ok")},
		 HTTP_OUT_KEEP,
		 "",
		 "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n"},
		{{.status = 204},
		 HTTP_OUT_KEEP_10,
		 "Vary: Origin\r\n",
		 "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: keep-alive\r\n"
		 "Vary: Origin\r\n\r\n"},
		{{.status = 200,
		  .content_type = "text/plain; charset=UTF-8",
		  .body = BYTES("1:6"),
		  .no_store = true,
		  .cookie = "io=t-1; Path=/; HttpOnly; SameSite=Lax"},
		 HTTP_OUT_CLOSE,
		 "",
		 "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=UTF-8\r\n"
		 "Content-Length: 3\r\nCache-Control: no-store\r\n"
		 "Set-Cookie: io=t-1; Path=/; HttpOnly; SameSite=Lax\r\n"
		 "Connection: close\r\n\r\n"},
		{{.status = 599},
		 HTTP_OUT_KEEP,
		 "",
		 "HTTP/1.1 599 Unknown\r\nContent-Length: 0\r\n\r\n"},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&out);
		http_out_head(&out, &rows[i].answer, rows[i].mode, lp_cstr(rows[i].extra));
		CHECK_STR(lp_cstr(rows[i].want), lp_buf_str(&out), lp_cstr(rows[i].want));
	}
	lp_buf_clear(&out);
}

int main(void)
{
	static const struct lp_test tests[] = {{"heads", test_heads}};

	return lp_test_main("http_out", tests, COUNT(tests));
}
