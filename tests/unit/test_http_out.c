#include "config.h"

#include "connector/io/http_out.h"
#include "tests/unit/lp_test.h"

static void test_heads(void)
{
	static const struct {
		struct http_answer answer;
		struct http_out how;
		const char *want;
	} rows[] = {
		{{.status = 200, .content_type = "text/html", .body = BYTES("ok")},
		 {.mode = HTTP_OUT_KEEP},
		 "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n"},
		{{.status = 204},
		 {.mode = HTTP_OUT_KEEP_10,
		  .vary = HTTP_OUT_VARY_ORIGIN,
		  .extra = BYTES("A: b\r\n")},
		 "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nConnection: keep-alive\r\n"
		 "A: b\r\nVary: Origin\r\n\r\n"},
		{{.status = 200,
		  .content_type = "text/plain; charset=UTF-8",
		  .body = BYTES("1:6"),
		  .no_store = true,
		  .cookie = "io=t-1; Path=/; HttpOnly; SameSite=Lax"},
		 {.mode = HTTP_OUT_CLOSE, .vary = HTTP_OUT_VARY_ORIGIN | HTTP_OUT_VARY_ENCODING},
		 "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=UTF-8\r\n"
		 "Content-Length: 3\r\nCache-Control: no-store\r\n"
		 "Set-Cookie: io=t-1; Path=/; HttpOnly; SameSite=Lax\r\n"
		 "Connection: close\r\nVary: Origin, Accept-Encoding\r\n\r\n"},
		{{.status = 200},
		 {.encoding = "gzip", .vary = HTTP_OUT_VARY_ENCODING},
		 "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 0\r\nVary: "
		 "Accept-Encoding\r\n\r\n"},
		{{.status = 599},
		 {.mode = HTTP_OUT_KEEP},
		 "HTTP/1.1 599 Unknown\r\nContent-Length: 0\r\n\r\n"},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&out);
		http_out_head(&out, &rows[i].answer, &rows[i].how);
		CHECK_STR(lp_cstr(rows[i].want), lp_buf_str(&out), lp_cstr(rows[i].want));
	}
	lp_buf_clear(&out);
}

int main(void)
{
	static const struct lp_test tests[] = {{"heads", test_heads}};

	return lp_test_main("http_out", tests, COUNT(tests));
}
