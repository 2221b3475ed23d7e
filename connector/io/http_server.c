#include "config.h"

#include <stdlib.h>
#include <unistd.h>

#include "connector/io/cors.h"
#include "connector/io/gzip.h"
#include "connector/io/peer.h"
#include "connector/io/tls.h"

/* Longer than nginx keeps unused connections (60 s): the side that sends closes first. */
#define IDLE_MS 75000

struct http_server *http_server_new(struct loop *loop, const struct http_server_conf *conf)
{
	struct http_server *s = lp_xcalloc(1, sizeof(*s));

	s->conf = *conf;
	s->cors = cors_new(conf->cors_origins, conf->cors_credentials);
	s->conf.cors_origins = NULL;
	if (conf->http_compression)
		s->gzip = gzip_new();
	if (conf->websocket_compression)
		s->deflate = ws_deflate_new();
	s->conf.trusted_proxies = lp_xstrdup(conf->trusted_proxies);
	conn_set_init(&s->conns, loop, conf->send_queue_max);
	deadline_queue_init(&s->heads, conf->header_timeout);
	deadline_queue_init(&s->bodies, conf->body_timeout);
	deadline_queue_init(&s->idles, IDLE_MS);
	return s;
}

void http_server_free(struct http_server *s)
{
	if (!s)
		return;
	conn_set_clear(&s->conns);
	for (size_t i = 0; i < s->mount_count; i++)
		free(s->mounts[i].path);
	cors_free(s->cors);
	gzip_free(s->gzip);
	ws_deflate_free(s->deflate);
	free((char *)s->conf.trusted_proxies);
	lp_buf_clear(&s->text);
	free(s);
}

bool http_server_tls(struct http_server *s, const char *cert_file, const char *key_file)
{
	struct tls_context *tls = NULL;

	if (*cert_file && !(tls = tls_context_new(cert_file, key_file)))
		return false;
	tls_context_free(s->conns.tls);
	s->conns.tls = tls;
	return true;
}

void http_server_mount(struct http_server *s, const char *path, struct engine *e)
{
	struct lp_str p = lp_cstr(path);

	if (s->mount_count == SERVER_MOUNTS_MAX)
		abort();
	if (p.n > 1 && p.p[p.n - 1] == '/')
		p.n--;
	s->mounts[s->mount_count].path = lp_xstrndup(p);
	s->mounts[s->mount_count++].engine = e;
}

bool http_server_accept(void *server, int fd)
{
	struct http_server *s = server;

	if (s->conns.stats.open >= s->conf.max_conns) {
		s->stats.refused++;
		close(fd);
		return false;
	}
	peer_new(s, fd);
	return true;
}

void http_server_drain(struct http_server *s)
{
	struct conn *c;

	s->draining = true;
	LIST_FOREACH(c, &s->conns.all, link)
	{
		struct peer *p = peer_of_conn(c);

		if (p->state != PEER_HEAD)
			continue;
		peer_set_state(p, PEER_OVER);
		conn_finish(c);
	}
}

static unsigned overdue(struct deadline_queue *q, uint64_t now, unsigned limit,
			void (*act)(struct peer *p))
{
	struct deadline *d;

	while ((d = deadline_take(q, now)))
		act((struct peer *)((char *)d - offsetof(struct peer, conn.deadline)));
	return deadline_wait(q, now, limit);
}

unsigned http_server_tick(struct http_server *s, uint64_t now, unsigned limit)
{
	limit = overdue(&s->heads, now, limit, peer_head_overdue);
	limit = overdue(&s->bodies, now, limit, peer_body_overdue);
	limit = overdue(&s->idles, now, limit, peer_idle_overdue);
	return conn_set_tick(&s->conns, now, limit);
}

bool http_server_flush(struct http_server *s)
{
	return conn_set_run(&s->conns);
}

const struct http_server_stats *http_server_stats(const struct http_server *s)
{
	return &s->stats;
}

const struct conn_stats *http_server_conn_stats(const struct http_server *s)
{
	return &s->conns.stats;
}
