#include "config.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker/provider/h2.h"
#include "worker/provider/public_address.h"

/* How often an idle connection is asked whether the other side is still there, s. */
#define KEEPALIVE 60L

TAILQ_HEAD(h2_calls, h2_call);

/* A request and the libcurl handle it uses; kept for the next one when it is over. */
struct h2_call {
	TAILQ_ENTRY(h2_call) entry; /* in running or spare */
	struct h2 *h;
	CURL *easy;
	struct curl_slist *headers;
	struct lp_blob *body;
	struct lp_buf url;
	struct lp_buf answer;
	h2_cb cb;
	void *arg;
	char error[CURL_ERROR_SIZE];
};

struct h2 {
	struct h2_conf conf;
	struct event_base *base;
	CURLM *multi;
	struct event *timer;
	struct h2_calls running;
	struct h2_calls spare;
	char *cert, *key;
};

bool h2_header(struct curl_slist **headers, const char *name, struct lp_str value)
{
	struct lp_buf line = {0};
	struct curl_slist *list;

	for (size_t i = 0; i < value.n; i++) {
		unsigned char ch = (unsigned char)value.p[i];

		if (ch < ' ' || ch == 0x7f)
			return false;
	}
	lp_buf_addf(&line, "%s: ", name);
	lp_buf_adds(&line, value);
	list = curl_slist_append(*headers, line.data);
	if (!list)
		abort(); /* out of memory */
	*headers = list;
	lp_buf_clear(&line);
	return true;
}

/* --- a handle --- */

/* What is too much is dropped: errors are told at the beginning. */
static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct h2_call *call = arg;
	size_t room = H2_ANSWER_MAX - call->answer.len;

	lp_buf_add(&call->answer, data, count < room ? count : room);
	return count;
}

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	if (!public_address(&a->addr))
		return CURL_SOCKET_BAD;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static struct curl_blob pem(const char *text)
{
	return (struct curl_blob){(void *)text, strlen(text), CURL_BLOB_NOCOPY};
}

/* What is the same for all requests. */
static void set_options(struct h2_call *call)
{
	const struct h2_conf *conf = &call->h->conf;
	CURL *easy = call->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)conf->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(conf->timeout_ms / 2 + 1));
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, KEEPALIVE);
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)CURLPROTO_HTTPS);
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A name that is still being looked up when the time is over: do not wait for it. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
	if (*conf->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, conf->ca_file);
	if (conf->public_only)
		curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
	if (conf->cert) {
		struct curl_blob cert = pem(conf->cert), key = pem(conf->key);

		curl_easy_setopt(easy, CURLOPT_SSLCERT_BLOB, &cert);
		curl_easy_setopt(easy, CURLOPT_SSLCERTTYPE, "PEM");
		curl_easy_setopt(easy, CURLOPT_SSLKEY_BLOB, &key);
		curl_easy_setopt(easy, CURLOPT_SSLKEYTYPE, "PEM");
	}
}

static struct h2_call *call_take(struct h2 *h)
{
	struct h2_call *call = TAILQ_FIRST(&h->spare);

	if (call) {
		TAILQ_REMOVE(&h->spare, call, entry);
		return call;
	}
	call = lp_xcalloc(1, sizeof(*call));
	call->h = h;
	call->easy = curl_easy_init();
	if (!call->easy)
		abort(); /* out of memory */
	set_options(call);
	return call;
}

/* Over: gives up what belongs to the request. */
static void call_give(struct h2_call *call)
{
	curl_easy_setopt(call->easy, CURLOPT_HTTPHEADER, NULL);
	curl_slist_free_all(call->headers);
	call->headers = NULL;
	lp_blob_unref(call->body);
	call->body = NULL;
	lp_buf_reset(&call->answer);
	TAILQ_INSERT_HEAD(&call->h->spare, call, entry);
}

static void call_free(struct h2_call *call)
{
	curl_easy_cleanup(call->easy);
	lp_buf_clear(&call->url);
	lp_buf_clear(&call->answer);
	free(call);
}

/* --- ends --- */

/* Had libcurl come as far as writing the request? */
static bool was_sent(struct h2_call *call, CURLcode code)
{
	curl_off_t begun = 0;

	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
	case CURLE_COULDNT_CONNECT:
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CERTPROBLEM:
		return false;
	default:
		curl_easy_getinfo(call->easy, CURLINFO_PRETRANSFER_TIME_T, &begun);
		return begun > 0;
	}
}

static void detach(struct h2_call *call)
{
	curl_multi_remove_handle(call->h->multi, call->easy);
	TAILQ_REMOVE(&call->h->running, call, entry);
}

static void ended(struct h2_call *call, CURLcode code)
{
	struct h2_answer answer = {.status = 0};
	long status = 0;
	curl_off_t wait = 0;

	if (code == CURLE_OK) {
		curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(call->easy, CURLINFO_RETRY_AFTER, &wait);
		answer.status = (int)status;
		answer.body = lp_buf_str(&call->answer);
		answer.retry_ms = wait > 0 ? (uint64_t)wait * 1000 : 0;
	} else {
		answer.late = code == CURLE_OPERATION_TIMEDOUT;
		answer.sent = was_sent(call, code);
		answer.why = call->error[0] ? call->error : curl_easy_strerror(code);
	}
	detach(call);
	call->cb(call->arg, &answer);
	call_give(call);
}

static void collect(struct h2 *h)
{
	struct h2_call *call;
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(h->multi, &left))) {
		if (msg->msg == CURLMSG_DONE &&
		    curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &call) == CURLE_OK)
			ended(call, msg->data.result);
	}
}

/* --- libcurl on libevent --- */

static void on_socket_event(evutil_socket_t fd, short what, void *arg)
{
	struct h2 *h = arg;
	int flags =
		(what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
	int running;

	curl_multi_socket_action(h->multi, fd, flags, &running);
	collect(h);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct h2 *h = arg;
	int running;

	curl_multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(h);
}

/* libcurl wants to know about another, or no, readiness of a socket; ours is its event. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *ours)
{
	struct h2 *h = arg;
	struct event *event = ours;
	short flags = EV_PERSIST;

	if (event)
		event_free(event);
	event = NULL;
	if (what != CURL_POLL_REMOVE) {
		flags |= what & CURL_POLL_IN ? EV_READ : 0;
		flags |= what & CURL_POLL_OUT ? EV_WRITE : 0;
		event = event_new(h->base, fd, flags, on_socket_event, h);
		event_add(event, NULL);
	}
	curl_multi_assign(h->multi, fd, event);
	return 0;
}

static int on_wait(CURLM *multi, long ms, void *arg)
{
	struct h2 *h = arg;
	struct timeval tv = {ms / 1000, ms % 1000 * 1000};

	if (ms < 0)
		event_del(h->timer);
	else
		event_add(h->timer, &tv);
	return 0;
}

/* --- from outside --- */

void h2_start(struct h2 *h, const struct h2_request *request, h2_cb cb, void *arg)
{
	struct h2_call *call = call_take(h);
	CURL *easy = call->easy;

	call->cb = cb;
	call->arg = arg;
	call->headers = request->headers;
	call->body = lp_blob_ref(request->body);
	call->error[0] = 0;
	lp_buf_clear(&call->url);
	call->url = request->url;
	curl_easy_setopt(easy, CURLOPT_URL, call->url.data);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body->len);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, &call->body->data[0]);
	TAILQ_INSERT_TAIL(&h->running, call, entry);
	curl_multi_add_handle(h->multi, easy);
}

static void multi_open(struct h2 *h)
{
	h->multi = curl_multi_init();
	if (!h->multi)
		abort(); /* out of memory */
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, on_wait);
	curl_multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl_multi_setopt(h->multi, CURLMOPT_PIPELINING, (long)CURLPIPE_MULTIPLEX);
	curl_multi_setopt(h->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 1L);
	curl_multi_setopt(h->multi, CURLMOPT_MAX_CONCURRENT_STREAMS, (long)h->conf.streams);
}

void h2_break(struct h2 *h, const char *why)
{
	struct h2_calls calls;
	struct h2_call *call;

	TAILQ_INIT(&calls);
	while ((call = TAILQ_FIRST(&h->running))) {
		detach(call);
		TAILQ_INSERT_TAIL(&calls, call, entry);
	}
	curl_multi_cleanup(h->multi);
	multi_open(h);
	while ((call = TAILQ_FIRST(&calls))) {
		struct h2_answer answer = {
			.late = true, .sent = was_sent(call, CURLE_OK), .why = why};

		TAILQ_REMOVE(&calls, call, entry);
		call->cb(call->arg, &answer);
		call_give(call);
	}
}

struct h2 *h2_new(struct event_base *base, const struct h2_conf *conf)
{
	struct h2 *h = lp_xcalloc(1, sizeof(*h));

	h->conf = *conf;
	h->base = base;
	if (conf->cert) {
		h->conf.cert = h->cert = lp_xstrdup(conf->cert);
		h->conf.key = h->key = lp_xstrdup(conf->key);
	}
	h->timer = evtimer_new(base, on_timer, h);
	TAILQ_INIT(&h->running);
	TAILQ_INIT(&h->spare);
	multi_open(h);
	return h;
}

void h2_free(struct h2 *h)
{
	struct h2_call *call;

	if (!h)
		return;
	while ((call = TAILQ_FIRST(&h->running))) {
		detach(call);
		call_give(call);
	}
	curl_multi_cleanup(h->multi);
	while ((call = TAILQ_FIRST(&h->spare))) {
		TAILQ_REMOVE(&h->spare, call, entry);
		call_free(call);
	}
	event_free(h->timer);
	free(h->cert);
	free(h->key);
	free(h);
}
