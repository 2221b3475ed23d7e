#include "config.h"

#include <event2/event.h>
#include <stdlib.h>

#include "common/http/curl_loop.h"
#include "common/lp_mem.h"

struct curl_loop {
	struct event_base *base;
	CURLM *multi;
	struct event *timer; /* libcurl's */
	curl_loop_cb ended;
};

static void collect(struct curl_loop *l)
{
	void *own;
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(l->multi, &left))) {
		if (msg->msg == CURLMSG_DONE &&
		    curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &own) == CURLE_OK)
			l->ended(own, msg->data.result);
	}
}

static void on_socket_event(evutil_socket_t fd, short what, void *arg)
{
	struct curl_loop *l = arg;
	int flags =
		(what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
	int running;

	curl_multi_socket_action(l->multi, fd, flags, &running);
	collect(l);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct curl_loop *l = arg;
	int running;

	curl_multi_socket_action(l->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(l);
}

/* libcurl wants to know about another, or no, readiness of a socket; ours is its event. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *ours)
{
	struct curl_loop *l = arg;
	struct event *event = ours;
	short flags = EV_PERSIST;

	if (event)
		event_free(event);
	event = NULL;
	if (what != CURL_POLL_REMOVE) {
		flags |= what & CURL_POLL_IN ? EV_READ : 0;
		flags |= what & CURL_POLL_OUT ? EV_WRITE : 0;
		event = event_new(l->base, fd, flags, on_socket_event, l);
		event_add(event, NULL);
	}
	curl_multi_assign(l->multi, fd, event);
	return 0;
}

static int on_wait(CURLM *multi, long ms, void *arg)
{
	struct curl_loop *l = arg;
	struct timeval tv = {ms / 1000, ms % 1000 * 1000};

	if (ms < 0)
		event_del(l->timer);
	else
		event_add(l->timer, &tv);
	return 0;
}

struct curl_loop *curl_loop_new(struct event_base *base, long kept, curl_loop_cb ended)
{
	struct curl_loop *l;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return NULL;
	l = lp_xcalloc(1, sizeof(*l));
	l->base = base;
	l->ended = ended;
	l->multi = curl_multi_init();
	if (!l->multi)
		abort(); /* out of memory */
	l->timer = evtimer_new(base, on_timer, l);
	curl_multi_setopt(l->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(l->multi, CURLMOPT_SOCKETDATA, l);
	curl_multi_setopt(l->multi, CURLMOPT_TIMERFUNCTION, on_wait);
	curl_multi_setopt(l->multi, CURLMOPT_TIMERDATA, l);
	curl_multi_setopt(l->multi, CURLMOPT_MAXCONNECTS, kept);
	return l;
}

void curl_loop_free(struct curl_loop *l)
{
	if (!l)
		return;
	curl_multi_cleanup(l->multi);
	event_free(l->timer);
	free(l);
	curl_global_cleanup();
}

void curl_loop_add(struct curl_loop *l, CURL *easy)
{
	curl_multi_add_handle(l->multi, easy);
}

void curl_loop_remove(struct curl_loop *l, CURL *easy)
{
	curl_multi_remove_handle(l->multi, easy);
}
