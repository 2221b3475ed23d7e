#include "config.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/http/curl_loop.h"
#include "common/lp_buf.h"
#include "common/lp_mem.h"
#include "worker/provider/dialer.h"
#include "worker/provider/public_address.h"

/* How long an idle connection is left in peace before TCP asks whether the other side is there, s. */
#define KEEPALIVE 60
/* What libcurl has connected is taken over; it has nothing to keep. */
#define KEPT_CONNECTIONS 1L

struct dial {
	LIST_ENTRY(dial) entry;
	struct dialer *dialer;
	CURL *easy;
	struct lp_buf url;
	dial_cb cb;
	void *arg;
	char error[CURL_ERROR_SIZE];
};

struct dialer {
	struct curl_loop *curl;
	LIST_HEAD(, dial) dials;
};

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	if (!public_address(&a->addr))
		return CURL_SOCKET_BAD;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

void dial_cancel(struct dial *dial)
{
	curl_loop_remove(dial->dialer->curl, dial->easy);
	curl_easy_cleanup(dial->easy);
	LIST_REMOVE(dial, entry);
	lp_buf_clear(&dial->url);
	free(dial);
}

static void set_socket(int fd)
{
	int on = 1, idle = KEEPALIVE;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
}

static void ended(void *own, CURLcode code)
{
	struct dial *dial = own;
	curl_socket_t theirs = CURL_SOCKET_BAD;
	dial_cb cb = dial->cb;
	void *arg = dial->arg;
	char error[CURL_ERROR_SIZE];
	int fd = -1;

	/* libcurl closes its own descriptor. */
	if (code == CURLE_OK &&
	    curl_easy_getinfo(dial->easy, CURLINFO_ACTIVESOCKET, &theirs) == CURLE_OK)
		fd = fcntl(theirs, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0)
		set_socket(fd);
	memcpy(error, dial->error, sizeof(error));
	dial_cancel(dial);
	cb(arg, fd, error[0] ? error : curl_easy_strerror(code ? code : CURLE_COULDNT_CONNECT));
}

struct dial *dial_start(struct dialer *d, const char *origin, bool public_only, unsigned timeout_ms,
			dial_cb cb, void *arg)
{
	struct dial *dial = lp_xcalloc(1, sizeof(*dial));
	CURL *easy = curl_easy_init();

	if (!easy)
		abort(); /* out of memory */
	dial->dialer = d;
	dial->easy = easy;
	dial->cb = cb;
	dial->arg = arg;
	/* TLS is not libcurl's: to it this is a plain connection that nothing is said on. */
	lp_buf_addf(&dial->url, "http%s", origin + strlen("https"));
	curl_easy_setopt(easy, CURLOPT_URL, dial->url.data);
	curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, dial);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, dial->error);
	if (public_only)
		curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A name that is still being looked up when the time is over: do not wait for it. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
	LIST_INSERT_HEAD(&d->dials, dial, entry);
	curl_loop_add(d->curl, easy);
	return dial;
}

struct dialer *dialer_new(struct event_base *base)
{
	struct curl_loop *curl = curl_loop_new(base, KEPT_CONNECTIONS, ended);
	struct dialer *d;

	if (!curl)
		return NULL;
	d = lp_xcalloc(1, sizeof(*d));
	d->curl = curl;
	LIST_INIT(&d->dials);
	return d;
}

void dialer_free(struct dialer *d)
{
	if (!d)
		return;
	while (!LIST_EMPTY(&d->dials))
		dial_cancel(LIST_FIRST(&d->dials));
	curl_loop_free(d->curl);
	free(d);
}
