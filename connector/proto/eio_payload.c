#include "config.h"

#include "connector/proto/eio_payload.h"
#include "common/model/url_query.h"
#include "connector/proto/utf8.h"

#define SEPARATOR          '\x1e'
#define TEXT_DIGITS_MAX    9
#define BINARY_DIGITS_MAX  10
#define BINARY_LENGTH_END  '\xff'
#define BINARY_KIND_TEXT   0
#define BINARY_KIND_BINARY 1

void eio_payload_open(struct eio_payload_in *in, int version, bool binary, struct lp_str body)
{
	*in = (struct eio_payload_in){.version = version, .binary = binary, .rest = body};
}

void eio_payload_close(struct eio_payload_in *in)
{
	lp_buf_clear(&in->scratch);
	in->rest = lp_str(NULL, 0);
}

/* rest.p is NULL once the last entry was taken; an empty rest is an entry, and a wrong one. */
static int next_v4(struct eio_payload_in *in, struct eio_packet *out)
{
	size_t end = lp_str_find(in->rest, SEPARATOR);
	int rc;

	if (!in->rest.p)
		return 0;
	rc = eio_packet_decode_text(4, lp_str(in->rest.p, end), &in->scratch, out);
	if (rc != LP_OK)
		return rc;
	in->rest = end < in->rest.n ? lp_str_from(in->rest, end + 1) : lp_str(NULL, 0);
	return 1;
}

/* A packet of the text form, which a 1.x client may have encoded twice. */
static int decode_v3_text(struct eio_payload_in *in, struct lp_str text, struct eio_packet *out)
{
	struct lp_buf none = {0}; /* scratch holds the text, and base64 is never encoded twice */
	int rc;

	lp_buf_reset(&in->scratch);
	if (!utf8_undo_double(&in->scratch, text))
		return eio_packet_decode_text(3, text, &in->scratch, out);
	rc = eio_packet_decode_text(3, lp_buf_str(&in->scratch), &none, out);
	lp_buf_clear(&none);
	return rc;
}

static int next_v3_text(struct eio_payload_in *in, struct eio_packet *out)
{
	while (in->rest.n) {
		size_t units = 0;
		size_t i = 0;
		struct lp_str text;
		ssize_t len;

		for (; i < in->rest.n && in->rest.p[i] >= '0' && in->rest.p[i] <= '9'; i++) {
			if (i == TEXT_DIGITS_MAX)
				return LP_EPROTO;
			units = units * 10 + (size_t)(in->rest.p[i] - '0');
		}
		if (i == 0 || i == in->rest.n || in->rest.p[i] != ':')
			return LP_EPROTO;
		text = lp_str_from(in->rest, i + 1);
		len = utf8_prefix_of_units(text, units);
		if (len < 0)
			return LP_EPROTO;
		if (len > 0) {
			int rc = decode_v3_text(in, lp_str(text.p, (size_t)len), out);

			if (rc != LP_OK)
				return rc;
		}
		in->rest = lp_str_from(text, (size_t)len);
		if (len > 0)
			return 1;
	}
	return 0;
}

/* The bytes of one binary-framed entry; *kind says which. The length of it, or LP_EPROTO. */
static ssize_t binary_entry(struct lp_str rest, int *kind, struct lp_str *data)
{
	uint64_t len = 0;
	size_t i = 1;

	*kind = rest.p[0];
	if (*kind != BINARY_KIND_TEXT && *kind != BINARY_KIND_BINARY)
		return LP_EPROTO;
	for (; i < rest.n && rest.p[i] != BINARY_LENGTH_END; i++) {
		unsigned digit = (unsigned char)rest.p[i];

		if (digit > 9 || i > BINARY_DIGITS_MAX)
			return LP_EPROTO;
		len = len * 10 + digit;
	}
	if (i == 1 || i == rest.n)
		return LP_EPROTO;
	*data = lp_str_from(rest, i + 1);
	if (len > data->n)
		return LP_EPROTO;
	data->n = (size_t)len;
	return (ssize_t)(i + 1 + data->n);
}

static int next_v3_binary(struct eio_payload_in *in, struct eio_packet *out)
{
	while (in->rest.n) {
		struct lp_str data;
		int kind, rc;
		ssize_t used = binary_entry(in->rest, &kind, &data);

		if (used < 0)
			return (int)used;
		if (kind == BINARY_KIND_BINARY)
			rc = eio_packet_decode_binary(3, data, out);
		else if (utf8_valid(data))
			rc = eio_packet_decode_text(3, data, &in->scratch, out);
		else
			rc = LP_EPROTO;
		if (rc != LP_OK && rc != LP_ENOENT)
			return rc;
		in->rest = lp_str_from(in->rest, (size_t)used);
		if (rc == LP_OK)
			return 1;
	}
	return 0;
}

int eio_payload_next(struct eio_payload_in *in, struct eio_packet *out)
{
	bool framed = in->version == 3 && in->binary;

	if (!in->started) {
		if (!in->rest.n || (!framed && !utf8_valid(in->rest)))
			return LP_EPROTO;
		in->started = true;
	}
	if (framed)
		return next_v3_binary(in, out);
	return in->version == 3 ? next_v3_text(in, out) : next_v4(in, out);
}

/*
 * Undoes what the browser client does to line feeds, so that form submission can not change them:
 * backslash backslash n was the escape \n, and backslash n was a line feed.
 */
bool eio_payload_from_form(struct lp_buf *out, struct lp_str form)
{
	size_t start = out->len;
	size_t to = start;

	if (!url_query_get(form, "d", out))
		return false;
	for (size_t i = start; i < out->len;) {
		struct lp_str at = lp_str(out->data + i, out->len - i);

		if (lp_str_starts(at, LP_STR("\\\\n"))) {
			out->data[to++] = '\\';
			out->data[to++] = 'n';
			i += 3;
		} else if (lp_str_starts(at, LP_STR("\\n"))) {
			out->data[to++] = '\n';
			i += 2;
		} else {
			out->data[to++] = out->data[i++];
		}
	}
	out->len = to;
	out->data[to] = '\0';
	return true;
}

/* UTF-16 units of the text form of p. */
static size_t text_units(const struct eio_packet *p, bool json_ascii)
{
	size_t units, ascii = 0;

	if (p->binary)
		return 2 + (p->data.n + 2) / 3 * 4;
	units = utf8_utf16_units(p->data);
	if (!json_ascii || units == p->data.n)
		return 1 + units;
	for (size_t i = 0; i < p->data.n; i++)
		ascii += (unsigned char)p->data.p[i] < 0x80;
	return 1 + ascii + 6 * (units - ascii);
}

void eio_payload_add_text(struct lp_buf *out, int version, bool first, bool json_ascii,
			  const struct eio_packet *p)
{
	if (version != 3) {
		if (!first)
			lp_buf_addc(out, SEPARATOR);
		eio_packet_encode_text(out, version, p);
		return;
	}
	lp_buf_addu(out, text_units(p, json_ascii));
	lp_buf_addc(out, ':');
	if (json_ascii && !p->binary) {
		lp_buf_addc(out, (char)('0' + p->type));
		utf8_json_ascii(out, p->data);
	} else {
		eio_packet_encode_text(out, 3, p);
	}
}

void eio_payload_add_binary(struct lp_buf *out, const struct eio_packet *p)
{
	size_t at;

	lp_buf_addc(out, p->binary ? BINARY_KIND_BINARY : BINARY_KIND_TEXT);
	at = out->len;
	lp_buf_addu(out, p->data.n + 1);
	for (; at < out->len; at++)
		out->data[at] = (char)(out->data[at] - '0');
	lp_buf_addc(out, BINARY_LENGTH_END);
	if (p->binary)
		eio_packet_encode_binary(out, 3, p);
	else
		eio_packet_encode_text(out, 3, p);
}

static void add_js_control(struct lp_buf *out, unsigned char c)
{
	static const char shorthand[] = "\bb\ff\nn\rr\tt";
	static const char hex[16] = "0123456789abcdef";

	for (const char *s = shorthand; *s; s += 2) {
		if ((unsigned char)*s == c) {
			lp_buf_addc(out, '\\');
			lp_buf_addc(out, s[1]);
			return;
		}
	}
	lp_buf_addz(out, "\\u00");
	lp_buf_addc(out, hex[c >> 4]);
	lp_buf_addc(out, hex[c & 15]);
}

void eio_payload_jsonp(struct lp_buf *out, struct lp_str index, struct lp_str payload)
{
	lp_buf_addz(out, "___eio[");
	for (size_t i = 0; i < index.n; i++)
		if (index.p[i] >= '0' && index.p[i] <= '9')
			lp_buf_addc(out, index.p[i]);
	lp_buf_addz(out, "](\"");
	for (size_t i = 0; i < payload.n; i++) {
		unsigned char c = (unsigned char)payload.p[i];
		struct lp_str at = lp_str_from(payload, i);

		if (c == '"' || c == '\\') {
			lp_buf_addc(out, '\\');
			lp_buf_addc(out, (char)c);
		} else if (c < 0x20) {
			add_js_control(out, c);
		} else if (c == 0xe2 && (lp_str_starts(at, LP_STR("\xe2\x80\xa8")) ||
					 lp_str_starts(at, LP_STR("\xe2\x80\xa9")))) {
			/* line ends to a script, though not to JSON */
			lp_buf_addz(out, at.p[2] == '\xa8' ? "\\u2028" : "\\u2029");
			i += 2;
		} else {
			lp_buf_addc(out, (char)c);
		}
	}
	lp_buf_addz(out, "\");");
}
