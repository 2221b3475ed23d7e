#include "config.h"

#include "common/lp_buf.h"
#include "connector/proto/http_head.h"

#define LENGTH_DIGITS_MAX 18 /* of a Content-Length: fits int64_t */
#define CHUNK_DIGITS_MAX  15
#define CHUNK_LINE_MAX    256 /* bytes of a chunk's size line, or of the whole trailer */

#define EIGHT(byte) (0x0101010101010101ULL * (byte))

/* What may stand where; see RFC 9110 section 5.6.2 for a token. */
enum { TOKEN = 1, VALUE = 2, TARGET = 4 };

static const uint8_t classes[256] = {
	['\t'] = VALUE,
	[' '] = VALUE,
	['!'] = TOKEN | VALUE | TARGET,
	['"'] = VALUE | TARGET,
	['#'] = TOKEN | VALUE, /* no fragment in a target */
	['$' ... '\''] = TOKEN | VALUE | TARGET,
	['(' ... ')'] = VALUE | TARGET,
	['*' ... '+'] = TOKEN | VALUE | TARGET,
	[','] = VALUE | TARGET,
	['-' ... '.'] = TOKEN | VALUE | TARGET,
	['/'] = VALUE | TARGET,
	['0' ... '9'] = TOKEN | VALUE | TARGET,
	[':' ... '@'] = VALUE | TARGET,
	['A' ... 'Z'] = TOKEN | VALUE | TARGET,
	['[' ... ']'] = VALUE | TARGET,
	['^' ... 'z'] = TOKEN | VALUE | TARGET,
	['{'] = VALUE | TARGET,
	['|'] = TOKEN | VALUE | TARGET,
	['}'] = VALUE | TARGET,
	['~'] = TOKEN | VALUE | TARGET,
	[0x80 ... 0xff] = VALUE,
};

/* The unread part of the head. */
struct cursor {
	const char *at;
	const char *end;
};

static bool is_space(char c)
{
	return c == ' ' || c == '\t';
}

/*
 * How many bytes from p on are surely part of a header value: blocks of eight without a control
 * byte (a tab ends it early, which does no harm).
 */
static size_t plain_blocks(const char *p, size_t n)
{
	size_t i = 0;

	for (; n - i >= 8; i += 8) {
		uint64_t w, del;

		memcpy(&w, p + i, 8);
		del = w ^ EIGHT(0x7f);
		if ((((w - EIGHT(0x20)) & ~w) | ((del - EIGHT(1)) & ~del)) & EIGHT(0x80))
			break;
	}
	return i;
}

/* The longest run of the class; 0 when the bytes end inside it, LP_EPROTO when it is empty. */
static ssize_t take_run(struct cursor *c, uint8_t class, struct lp_str *out)
{
	const char *p = c->at;

	if (class == VALUE)
		p += plain_blocks(p, (size_t)(c->end - p));
	while (p < c->end && (classes[(uint8_t)*p] & class))
		p++;
	if (p == c->end)
		return 0;
	if (p == c->at)
		return LP_EPROTO;
	*out = lp_str(c->at, (size_t)(p - c->at));
	c->at = p;
	return 1;
}

/* This very text, next. */
static ssize_t take_text(struct cursor *c, struct lp_str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if (c->at == c->end)
			return 0;
		if (*c->at++ != text.p[i])
			return LP_EPROTO;
	}
	return 1;
}

static ssize_t take_request_line(struct cursor *c, struct http_head *h)
{
	size_t mark;
	ssize_t rc;

	if ((rc = take_run(c, TOKEN, &h->method)) <= 0 || (rc = take_text(c, LP_STR(" "))) <= 0)
		return rc;
	if (c->at < c->end && *c->at != '/')
		return LP_EPROTO;
	if ((rc = take_run(c, TARGET, &h->target)) <= 0 ||
	    (rc = take_text(c, LP_STR(" HTTP/1."))) <= 0)
		return rc;
	if (c->at == c->end)
		return 0;
	if (*c->at != '0' && *c->at != '1')
		return LP_EPROTO;
	h->minor = *c->at++ - '0';
	mark = lp_str_find(h->target, '?');
	h->path = lp_str(h->target.p, mark);
	h->query = lp_str_from(h->target, mark + 1);
	return take_text(c, LP_STR("\r\n"));
}

static ssize_t take_header(struct cursor *c, struct http_header *header)
{
	struct lp_str value = lp_str(c->end, 0);
	ssize_t rc;

	if ((rc = take_run(c, TOKEN, &header->name)) <= 0 || (rc = take_text(c, LP_STR(":"))) <= 0)
		return rc;
	if ((rc = take_run(c, VALUE, &value)) == 0)
		return 0;
	/* an empty value is fine; whatever ended the run must be the end of the line */
	if ((rc = take_text(c, LP_STR("\r\n"))) <= 0)
		return rc;
	while (value.n && is_space(value.p[0])) {
		value.p++;
		value.n--;
	}
	while (value.n && is_space(value.p[value.n - 1]))
		value.n--;
	header->value = value;
	return 1;
}

/* Takes the next non-empty token off a comma-separated list. */
static bool next_token(struct lp_str *rest, struct lp_str *token)
{
	while (rest->n) {
		size_t end = lp_str_find(*rest, ',');

		*token = lp_str(rest->p, end);
		*rest = lp_str_from(*rest, end + 1);
		while (token->n && is_space(token->p[0])) {
			token->p++;
			token->n--;
		}
		while (token->n && is_space(token->p[token->n - 1]))
			token->n--;
		if (token->n)
			return true;
	}
	return false;
}

static bool parse_length(struct lp_str digits, int64_t *out)
{
	int64_t n = 0;

	if (!digits.n || digits.n > LENGTH_DIGITS_MAX)
		return false;
	for (size_t i = 0; i < digits.n; i++) {
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return false;
		n = n * 10 + (digits.p[i] - '0');
	}
	*out = n;
	return true;
}

/* What the head says about the body and the connection. */
static ssize_t interpret(struct http_head *h)
{
	bool close = false, keep = false, upgrade = false, websocket = false;

	for (size_t i = 0; i < h->header_count; i++) {
		const struct http_header *x = &h->headers[i];
		struct lp_str rest = x->value;
		struct lp_str token;

		if (lp_str_caseeq(x->name, LP_STR("Content-Length"))) {
			if (h->content_length >= 0 || !parse_length(x->value, &h->content_length))
				return LP_EPROTO;
		} else if (lp_str_caseeq(x->name, LP_STR("Transfer-Encoding"))) {
			if (h->chunked || !h->minor || !lp_str_caseeq(x->value, LP_STR("chunked")))
				return LP_EPROTO;
			h->chunked = true;
		} else if (lp_str_caseeq(x->name, LP_STR("Connection"))) {
			while (next_token(&rest, &token)) {
				close |= lp_str_caseeq(token, LP_STR("close"));
				keep |= lp_str_caseeq(token, LP_STR("keep-alive"));
				upgrade |= lp_str_caseeq(token, LP_STR("upgrade"));
			}
		} else if (lp_str_caseeq(x->name, LP_STR("Upgrade"))) {
			while (next_token(&rest, &token))
				websocket |= lp_str_caseeq(token, LP_STR("websocket"));
		}
	}
	/* two lengths are how requests are smuggled past a proxy */
	if (h->chunked && h->content_length >= 0)
		return LP_EPROTO;
	h->keep_alive = !close && (keep || h->minor > 0);
	h->upgrade_websocket = upgrade && websocket && h->minor > 0;
	return LP_OK;
}

ssize_t http_head_parse(struct http_head *h, const char *data, size_t len)
{
	struct cursor c = {data, data + len};
	ssize_t rc;

	h->content_length = -1;
	h->chunked = false;
	h->header_count = 0;
	/* some clients send a line end too many behind a POST (RFC 9112 section 2.2) */
	if (len && data[0] == '\r' && (rc = take_text(&c, LP_STR("\r\n"))) <= 0)
		return rc;
	if ((rc = take_request_line(&c, h)) <= 0)
		return rc;
	while (c.at < c.end && *c.at != '\r') {
		if (h->header_count == HTTP_HEADERS_MAX)
			return LP_ETOOBIG;
		if ((rc = take_header(&c, &h->headers[h->header_count])) <= 0)
			return rc;
		h->header_count++;
	}
	if ((rc = take_text(&c, LP_STR("\r\n"))) <= 0)
		return rc;
	rc = interpret(h);
	return rc < 0 ? rc : c.at - data;
}

struct lp_str http_head_get(const struct http_head *h, const char *name)
{
	struct lp_str wanted = lp_cstr(name);

	for (size_t i = 0; i < h->header_count; i++)
		if (lp_str_caseeq(h->headers[i].name, wanted))
			return h->headers[i].value;
	return lp_str(NULL, 0);
}

bool http_head_has_token(const struct http_head *h, const char *name, const char *token)
{
	struct lp_str wanted = lp_cstr(name);

	for (size_t i = 0; i < h->header_count; i++) {
		struct lp_str rest = h->headers[i].value;
		struct lp_str t;

		if (!lp_str_caseeq(h->headers[i].name, wanted))
			continue;
		while (next_token(&rest, &t))
			if (lp_str_caseeq(t, lp_cstr(token)))
				return true;
	}
	return false;
}

/* The first must be 0: callers zero-initialise. */
enum chunk_state {
	CHUNK_SIZE = 0,
	CHUNK_EXTENSION, /* behind ';', read over */
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	TRAILER_START, /* at the start of a line */
	TRAILER_LINE,
	TRAILER_LF,
	TRAILER_END_LF,
	CHUNKS_DONE,
};

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* One byte of a size line. */
static int chunk_size_byte(struct http_chunked *k, char c)
{
	if (++k->line > CHUNK_LINE_MAX)
		return LP_EPROTO;
	if (k->state == CHUNK_SIZE && hex(c) >= 0) {
		if (k->line > CHUNK_DIGITS_MAX)
			return LP_EPROTO;
		k->left = k->left << 4 | (unsigned)hex(c);
	} else if (k->state == CHUNK_SIZE_LF) {
		if (c != '\n')
			return LP_EPROTO;
		k->state = k->left ? CHUNK_DATA : TRAILER_START;
		k->line = 0;
	} else if (k->line == 1) {
		return LP_EPROTO; /* no digit */
	} else if (c == '\r') {
		k->state = CHUNK_SIZE_LF;
	} else if (k->state == CHUNK_EXTENSION ? classes[(uint8_t)c] & VALUE : c == ';') {
		k->state = CHUNK_EXTENSION;
	} else {
		return LP_EPROTO;
	}
	return LP_OK;
}

/* One byte of the trailer, which is read over. */
static int trailer_byte(struct http_chunked *k, char c)
{
	if (++k->line > CHUNK_LINE_MAX)
		return LP_EPROTO;
	if (k->state == TRAILER_LF || k->state == TRAILER_END_LF) {
		if (c != '\n')
			return LP_EPROTO;
		k->state = k->state == TRAILER_LF ? TRAILER_START : CHUNKS_DONE;
	} else if (c == '\r') {
		k->state = k->state == TRAILER_START ? TRAILER_END_LF : TRAILER_LF;
	} else if (classes[(uint8_t)c] & VALUE) {
		k->state = TRAILER_LINE;
	} else {
		return LP_EPROTO;
	}
	return LP_OK;
}

int http_chunked_feed(struct http_chunked *k, const char *data, size_t len, struct lp_buf *out,
		      size_t max, size_t *used)
{
	int rc = LP_OK;

	*used = 0;
	while (rc == LP_OK && k->state != CHUNKS_DONE && *used < len) {
		char c = data[*used];
		size_t n = 1;

		switch (k->state) {
		case CHUNK_SIZE:
		case CHUNK_EXTENSION:
		case CHUNK_SIZE_LF:
			rc = chunk_size_byte(k, c);
			/* refused by the size announced, before any of it is read */
			if (out->len > max || k->left > max - out->len)
				rc = LP_ETOOBIG;
			break;
		case CHUNK_DATA:
			n = len - *used < k->left ? len - *used : (size_t)k->left;
			lp_buf_add(out, data + *used, n);
			k->left -= n;
			if (!k->left)
				k->state = CHUNK_DATA_CR;
			break;
		case CHUNK_DATA_CR:
			rc = c == '\r' ? LP_OK : LP_EPROTO;
			k->state = CHUNK_DATA_LF;
			break;
		case CHUNK_DATA_LF:
			rc = c == '\n' ? LP_OK : LP_EPROTO;
			k->state = CHUNK_SIZE;
			break;
		default:
			rc = trailer_byte(k, c);
			break;
		}
		*used += n;
	}
	if (rc != LP_OK)
		return rc;
	return k->state == CHUNKS_DONE ? 1 : 0;
}
