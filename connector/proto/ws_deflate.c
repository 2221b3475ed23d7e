#include "config.h"

#include <stdint.h>
#include <stdlib.h>
#include <zlib.h>

#include "common/lp_buf.h"
#include "common/lp_mem.h"
#include "connector/proto/ws_deflate.h"

#define WINDOW_BITS 15
#define STEP        16384 /* bytes the output begins with */
#define KEEP        65536 /* bytes kept from one message to the next */

/* Ends every message, and is not sent (section 7.2.1). */
static const char tail[] = {0, 0, (char)0xff, (char)0xff};

struct ws_deflate {
	z_stream deflater;
	z_stream inflater;
	struct lp_buf packed;
	char *plain;
	size_t plain_len;
	size_t plain_room;
};

static voidpf z_alloc(voidpf arg, uInt count, uInt size)
{
	return lp_xmalloc((size_t)count * size);
}

static void z_free(voidpf arg, voidpf p)
{
	free(p);
}

struct ws_deflate *ws_deflate_new(void)
{
	struct ws_deflate *d = lp_xcalloc(1, sizeof(*d));

	d->deflater.zalloc = d->inflater.zalloc = z_alloc;
	d->deflater.zfree = d->inflater.zfree = z_free;
	/* The loop stands still meanwhile: fast is better than a tenth smaller. */
	if (deflateInit2(&d->deflater, Z_BEST_SPEED, Z_DEFLATED, -WINDOW_BITS, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK ||
	    inflateInit2(&d->inflater, -WINDOW_BITS) != Z_OK)
		abort(); /* only another zlib than this was built for refuses that */
	return d;
}

void ws_deflate_free(struct ws_deflate *d)
{
	if (!d)
		return;
	deflateEnd(&d->deflater);
	inflateEnd(&d->inflater);
	lp_buf_clear(&d->packed);
	free(d->plain);
	free(d);
}

/* --- the negotiation --- */

static void skip_blanks(struct lp_str *s)
{
	while (s->n && (s->p[0] == ' ' || s->p[0] == '\t'))
		*s = lp_str_from(*s, 1);
}

/* Takes c and the blanks around it. */
static bool take_mark(struct lp_str *s, char c)
{
	skip_blanks(s);
	if (!s->n || s->p[0] != c)
		return false;
	*s = lp_str_from(*s, 1);
	skip_blanks(s);
	return true;
}

static struct lp_str take_token(struct lp_str *s)
{
	size_t n = 0;

	while (n < s->n && !strchr(" \t,;=\"", s->p[n]))
		n++;
	*s = lp_str_from(*s, n);
	return lp_str(s->p - n, n);
}

/* A token, or one in quotation marks. */
static struct lp_str take_value(struct lp_str *s)
{
	struct lp_str rest = lp_str_from(*s, 1);
	size_t n = 0;

	if (!s->n || s->p[0] != '"')
		return take_token(s);
	while (n < rest.n && rest.p[n] != '"')
		n += rest.p[n] == '\\' ? 2 : 1;
	*s = lp_str_from(rest, n + 1);
	return n < rest.n ? lp_str(rest.p, n) : LP_STR("");
}

/* Window bits from 8 to 15; 0 when it is something else. */
static int window_bits(struct lp_str value)
{
	if (value.n == 1 && (value.p[0] == '8' || value.p[0] == '9'))
		return value.p[0] - '0';
	if (value.n == 2 && value.p[0] == '1' && value.p[1] >= '0' && value.p[1] <= '5')
		return 10 + value.p[1] - '0';
	return 0;
}

/* The parameters of section 7.1, as they were seen in one offer. */
enum { SERVER_NO_TAKEOVER = 1, CLIENT_NO_TAKEOVER = 2, SERVER_BITS = 4, CLIENT_BITS = 8 };

static bool take_parameter(struct lp_str name, bool has_value, struct lp_str value, unsigned *seen)
{
	unsigned what = 0;

	if (lp_str_caseeq(name, LP_STR("server_no_context_takeover")) && !has_value)
		what = SERVER_NO_TAKEOVER;
	else if (lp_str_caseeq(name, LP_STR("client_no_context_takeover")) && !has_value)
		what = CLIENT_NO_TAKEOVER;
	/* Smaller windows are no gain to us, and what is shared by all must suit all. */
	else if (lp_str_caseeq(name, LP_STR("server_max_window_bits")) &&
		 window_bits(value) == WINDOW_BITS)
		what = SERVER_BITS;
	else if (lp_str_caseeq(name, LP_STR("client_max_window_bits")) &&
		 (!has_value || window_bits(value)))
		what = CLIENT_BITS;
	if (!what || (*seen & what))
		return false;
	*seen |= what;
	return true;
}

/* Takes one offer with its parameters; whether it is one to accept. */
static bool take_offer(struct lp_str *s, unsigned *seen)
{
	bool ok;

	*seen = 0;
	skip_blanks(s);
	ok = lp_str_caseeq(take_token(s), LP_STR("permessage-deflate"));
	while (take_mark(s, ';')) {
		struct lp_str name = take_token(s);
		bool has_value = take_mark(s, '=');
		struct lp_str value = has_value ? take_value(s) : LP_STR("");

		ok = take_parameter(name, has_value, value, seen) && ok;
	}
	return ok;
}

const char *ws_deflate_answer(struct lp_str offers)
{
	unsigned seen;

	do {
		if (!take_offer(&offers, &seen))
			continue;
		if (offers.n && offers.p[0] != ',')
			return NULL;
		if (seen & SERVER_BITS)
			return "permessage-deflate; server_no_context_takeover; "
			       "client_no_context_takeover; server_max_window_bits=15";
		return "permessage-deflate; server_no_context_takeover; "
		       "client_no_context_takeover";
	} while (take_mark(&offers, ','));
	return NULL;
}

/* --- the codec --- */

struct lp_str ws_deflate_compress(struct ws_deflate *d, struct lp_str message)
{
	struct lp_buf *out = &d->packed;
	z_stream *z = &d->deflater;
	size_t room = deflateBound(z, message.n) + sizeof(tail);

	if (out->cap > KEEP)
		lp_buf_clear(out);
	lp_buf_reset(out);
	deflateReset(z);
	z->next_in = (Bytef *)message.p;
	z->avail_in = (uInt)message.n;
	do { /* the bound is not one for a flushed stream */
		z->next_out = (Bytef *)lp_buf_reserve(out, room);
		z->avail_out = (uInt)room;
		deflate(z, Z_SYNC_FLUSH);
		out->len += room - z->avail_out;
	} while (!z->avail_out);
	return lp_str(out->data, out->len - sizeof(tail));
}

static void grow(struct ws_deflate *d, size_t max)
{
	size_t room = d->plain_room ? d->plain_room * 2 : STEP;

	d->plain_room = room > max ? max + 1 : room;
	d->plain = lp_xrealloc(d->plain, d->plain_room);
}

/* One piece of input, to the end. *ended: it ended with a final block. */
static int inflate_piece(struct ws_deflate *d, struct lp_str piece, size_t max, bool *ended)
{
	z_stream *z = &d->inflater;

	z->next_in = (Bytef *)piece.p;
	z->avail_in = (uInt)piece.n;
	for (;;) {
		int rc;

		if (d->plain_len == d->plain_room)
			grow(d, max);
		z->next_out = (Bytef *)d->plain + d->plain_len;
		z->avail_out = (uInt)(d->plain_room - d->plain_len);
		rc = inflate(z, Z_SYNC_FLUSH);
		d->plain_len = d->plain_room - z->avail_out;
		if (d->plain_len > max)
			return LP_ETOOBIG;
		*ended = rc == Z_STREAM_END;
		/* Section 7.2.3.4 allows final blocks; what follows begins anew. */
		if (*ended)
			inflateReset(z);
		else if (rc != Z_OK && rc != Z_BUF_ERROR)
			return LP_EPROTO;
		if (*ended ? !z->avail_in : z->avail_out > 0)
			return LP_OK;
	}
}

int ws_deflate_inflate(struct ws_deflate *d, struct lp_str payload, size_t max,
		       struct lp_str *message)
{
	bool ended;
	int rc;

	if (d->plain_room > KEEP || d->plain_room > max + 1) {
		free(d->plain);
		d->plain = NULL;
		d->plain_room = 0;
	}
	d->plain_len = 0;
	inflateReset(&d->inflater);
	rc = inflate_piece(d, payload, max, &ended);
	if (rc == LP_OK && !ended) {
		rc = inflate_piece(d, lp_str(tail, sizeof(tail)), max, &ended);
		/* zlib's way to say that it stands between two blocks. */
		if (rc == LP_OK && !(d->inflater.data_type & 128))
			rc = LP_EPROTO;
	}
	*message = lp_str(d->plain, d->plain_len);
	return rc;
}
