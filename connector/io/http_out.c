#include "config.h"

#include "connector/io/http_out.h"

const char *http_out_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} table[] = {
		{200, "OK"},
		{204, "No Content"},
		{400, "Bad Request"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{408, "Request Timeout"},
		{413, "Content Too Large"},
		{429, "Too Many Requests"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{503, "Service Unavailable"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (table[i].status == status)
			return table[i].reason;
	}
	return "Unknown";
}

void http_out_vary(struct lp_buf *out, unsigned vary)
{
	if (!vary)
		return;
	lp_buf_addz(out, "Vary: ");
	if (vary & HTTP_OUT_VARY_ORIGIN)
		lp_buf_addz(out, "Origin");
	if (vary == (HTTP_OUT_VARY_ORIGIN | HTTP_OUT_VARY_ENCODING))
		lp_buf_addz(out, ", ");
	if (vary & HTTP_OUT_VARY_ENCODING)
		lp_buf_addz(out, "Accept-Encoding");
	lp_buf_addz(out, "\r\n");
}

void http_out_head(struct lp_buf *out, const struct http_answer *a, const struct http_out *how)
{
	lp_buf_addf(out, "HTTP/1.1 %d %s\r\n", a->status, http_out_reason(a->status));
	if (a->content_type) {
		lp_buf_addz(out, "Content-Type: ");
		lp_buf_addz(out, a->content_type);
		lp_buf_addz(out, "\r\n");
	}
	if (how->encoding) {
		lp_buf_addz(out, "Content-Encoding: ");
		lp_buf_addz(out, how->encoding);
		lp_buf_addz(out, "\r\n");
	}
	/* Also with 204, where the RFC finds it superfluous and some browsers wait without it. */
	lp_buf_addz(out, "Content-Length: ");
	lp_buf_addu(out, a->body.n);
	lp_buf_addz(out, "\r\n");
	if (a->no_store)
		lp_buf_addz(out, "Cache-Control: no-store\r\n");
	if (a->cookie) {
		lp_buf_addz(out, "Set-Cookie: ");
		lp_buf_addz(out, a->cookie);
		lp_buf_addz(out, "\r\n");
	}
	if (how->mode == HTTP_OUT_CLOSE)
		lp_buf_addz(out, "Connection: close\r\n");
	else if (how->mode == HTTP_OUT_KEEP_10)
		lp_buf_addz(out, "Connection: keep-alive\r\n");
	lp_buf_adds(out, how->extra);
	http_out_vary(out, how->vary);
	lp_buf_addz(out, "\r\n");
}
