#include "config.h"

#include <stdlib.h>
#include <zlib.h>

#include "common/lp_buf.h"
#include "common/lp_mem.h"
#include "connector/io/gzip.h"

#define GZIP_WINDOW (15 + 16) /* zlib's way to ask for gzip's header and trailer */
#define KEEP        65536     /* bytes kept from one answer to the next */

struct gzip {
	z_stream stream;
	struct lp_buf out;
};

static voidpf z_alloc(voidpf arg, uInt count, uInt size)
{
	return lp_xmalloc((size_t)count * size);
}

static void z_free(voidpf arg, voidpf p)
{
	free(p);
}

struct gzip *gzip_new(void)
{
	struct gzip *g = lp_xcalloc(1, sizeof(*g));

	g->stream.zalloc = z_alloc;
	g->stream.zfree = z_free;
	if (deflateInit2(&g->stream, Z_BEST_SPEED, Z_DEFLATED, GZIP_WINDOW, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		abort(); /* only another zlib than this was built for refuses that */
	return g;
}

void gzip_free(struct gzip *g)
{
	if (!g)
		return;
	deflateEnd(&g->stream);
	lp_buf_clear(&g->out);
	free(g);
}

static struct lp_str trim(struct lp_str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = lp_str_from(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* Whether the parameters of an item say q=0, in any of the forms of that. */
static bool refused(struct lp_str parameters)
{
	struct lp_str q = trim(parameters);

	if (q.n < 3 || (q.p[0] != 'q' && q.p[0] != 'Q') || q.p[1] != '=')
		return false;
	for (size_t i = 2; i < q.n; i++) {
		if (q.p[i] != '0' && q.p[i] != '.')
			return false;
	}
	return true;
}

bool gzip_accepted(struct lp_str accept)
{
	bool any = false;

	while (accept.n) {
		size_t end = lp_str_find(accept, ',');
		struct lp_str item = lp_str(accept.p, end);
		size_t mark = lp_str_find(item, ';');
		struct lp_str name = trim(lp_str(item.p, mark));
		bool ok = !refused(lp_str_from(item, mark + 1));

		if (lp_str_caseeq(name, LP_STR("gzip")) || lp_str_caseeq(name, LP_STR("x-gzip")))
			return ok;
		if (lp_str_eq(name, LP_STR("*")))
			any = ok;
		accept = lp_str_from(accept, end + 1);
	}
	return any;
}

struct lp_str gzip_compress(struct gzip *g, struct lp_str body)
{
	size_t room;

	if (g->out.cap > KEEP)
		lp_buf_clear(&g->out);
	lp_buf_reset(&g->out);
	deflateReset(&g->stream); /* before the bound, which depends on it */
	room = deflateBound(&g->stream, body.n);
	g->stream.next_in = (Bytef *)body.p;
	g->stream.avail_in = (uInt)body.n;
	g->stream.next_out = (Bytef *)lp_buf_reserve(&g->out, room);
	g->stream.avail_out = (uInt)room;
	if (deflate(&g->stream, Z_FINISH) != Z_STREAM_END)
		abort(); /* the bound is one for exactly this */
	return lp_str(g->out.data, room - g->stream.avail_out);
}
