#include "config.h"

#include <libwebsockets.h>

#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "tests/simulator/sim_socket.h"

#define MESSAGE_MAX (4u << 20) /* bytes of a message that comes in parts */

struct loop {
	struct lws_context *context;
	lws_sorted_usec_list_t timer;
	struct sim_process *process;
	uint64_t (*tick)(struct sim_process *p);
	struct lp_buf frame; /* what lws_write() wants: space in front of it */
	uint64_t library;    /* of events, as an option of libwebsockets; 0: its own poll() */
	bool over;
};

/* Engine.io has its own pings; those of libwebsockets would cost a timer a connection. */
static const lws_retry_bo_t no_pings = {0};

static void receive(struct sim_process *p, struct sim_client *c, struct lws *wsi, const char *text,
		    size_t n)
{
	if (lws_frame_is_binary(wsi))
		return;
	/* Of a frame that is read in parts each part is said to be the first. */
	if (!c->in.len && lws_is_first_fragment(wsi) && lws_is_final_fragment(wsi)) {
		sim_client_text(p, c, lp_str(text, n));
		return;
	}
	if (c->in.len + n > MESSAGE_MAX) {
		sim_socket_kill(c);
		return;
	}
	lp_buf_add(&c->in, text, n);
	if (!lws_is_final_fragment(wsi))
		return;
	sim_client_text(p, c, lp_buf_str(&c->in));
	lp_buf_clear(&c->in);
}

/*
 * Sends what there is to send; what the kernel does not take libwebsockets keeps, one frame at most. -1
 * when the connection is broken.
 */
static int send_frames(struct loop *loop, struct sim_client *c, struct lws *wsi)
{
	while (!lws_partial_buffered(wsi)) {
		lp_buf_reset(&loop->frame);
		lp_buf_reserve(&loop->frame, LWS_PRE);
		loop->frame.len = LWS_PRE;
		if (!sim_client_next_frame(c, &loop->frame))
			return 0;
		if (lws_write(wsi, (unsigned char *)loop->frame.data + LWS_PRE,
			      loop->frame.len - LWS_PRE, LWS_WRITE_TEXT) < 0)
			return -1;
	}
	lws_callback_on_writable(wsi);
	return 0;
}

/* -1 closes the connection. */
static int on_writable(struct loop *loop, struct sim_client *c, struct lws *wsi)
{
	if (send_frames(loop, c, wsi) < 0)
		return -1;
	if (!c->want_close || c->out.len || lws_partial_buffered(wsi))
		return 0;
	lws_close_reason(wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
	return -1;
}

static int on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
		    size_t len)
{
	struct loop *loop = lws_context_user(lws_get_context(wsi));
	struct sim_client *c;

	switch (reason) {
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
	case LWS_CALLBACK_CLIENT_RECEIVE:
	case LWS_CALLBACK_CLIENT_WRITEABLE:
	case LWS_CALLBACK_CLIENT_CLOSED:
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
	case LWS_CALLBACK_WSI_DESTROY: /* some ends have no other */
		break;
	default:
		return 0;
	}
	c = lws_get_opaque_user_data(wsi);
	if (!c || loop->over)
		return 0;
	if (reason == LWS_CALLBACK_CLIENT_RECEIVE) {
		receive(loop->process, c, wsi, in, len);
	} else if (reason == LWS_CALLBACK_CLIENT_WRITEABLE) {
		return on_writable(loop, c, wsi);
	} else if (reason != LWS_CALLBACK_CLIENT_ESTABLISHED) {
		lws_set_opaque_user_data(wsi, NULL);
		sim_client_closed(loop->process, c);
	}
	return 0;
}

static const struct lws_protocols protocols[] = {
	{.name = "light-push-sim", .callback = on_event},
	{.name = NULL},
};

bool sim_socket_connect(struct sim_process *p, struct sim_client *c, const struct sim_who *who,
			const char *path)
{
	struct loop *loop = p->sockets;
	struct lws *wsi = NULL;
	struct lws_client_connect_info info = {
		.context = loop->context,
		.address = who->url->host,
		.port = who->url->port,
		.ssl_connection = who->url->tls ? LCCSCF_USE_SSL : 0,
		.path = path,
		.host = who->url->host,
		.iface = who->source,
		.local_protocol_name = protocols[0].name,
		.retry_and_idle_policy = &no_pings,
		.opaque_user_data = c,
		.pwsi = &wsi,
	};

	if (who->url->tls && p->plan->options->insecure)
		info.ssl_connection |= LCCSCF_ALLOW_SELFSIGNED | LCCSCF_ALLOW_INSECURE |
				       LCCSCF_SKIP_SERVER_CERT_HOSTNAME_CHECK;
	/*
	 * When it fails at once it may have said so to on_event() before it returns: then the
	 * client is away already.
	 */
	if (!lws_client_connect_via_info(&info))
		return c->state != SIM_OPENING;
	c->socket = wsi;
	return true;
}

/* At once and not when it is writable, which it is: that would be two more system calls. */
void sim_socket_wake(struct sim_client *c)
{
	struct lws *wsi = c->socket;

	if (!wsi)
		return;
	if (send_frames(lws_context_user(lws_get_context(wsi)), c, wsi) < 0)
		sim_socket_kill(c);
	else if (c->want_close)
		lws_callback_on_writable(wsi);
}

void sim_socket_kill(struct sim_client *c)
{
	if (c->socket)
		lws_set_timeout(c->socket, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

void sim_socket_stop_reading(struct sim_client *c)
{
	if (c->socket)
		lws_rx_flow_control(c->socket, 0);
}

static void on_timer(lws_sorted_usec_list_t *timer)
{
	struct loop *loop = lws_container_of(timer, struct loop, timer);
	uint64_t next = loop->tick(loop->process), now = lp_mono_us();

	if (!next) {
		loop->over = true;
		if (loop->library)
			lws_context_destroy(loop->context); /* or its loop would not return */
		return;
	}
	lws_sul_schedule(loop->context, 0, &loop->timer, on_timer,
			 next > now ? (lws_usec_t)(next - now) : 1);
}

/* The first process decides what a signal means. */
static void ignore_signal(void *handle, int number)
{
}

static struct lws_context *make_context(struct loop *loop)
{
	const struct sim_process *p = loop->process;
	struct lws_context_creation_info info = {
		.port = CONTEXT_PORT_NO_LISTEN,
		.protocols = protocols,
		.options = loop->library | LWS_SERVER_OPTION_UV_NO_SIGSEGV_SIGFPE_SPIN,
		.signal_cb = ignore_signal,
		.user = loop,
		.pt_serv_buf_size = 16384,
	};

	for (size_t i = 0; i < p->plan->url_count; i++) {
		if (p->plan->urls[i].tls)
			info.options |= LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT;
	}
	return lws_create_context(&info);
}

static uint64_t event_library(const char *name)
{
	if (strcmp(name, "uv") == 0)
		return LWS_SERVER_OPTION_LIBUV;
	return strcmp(name, "ev") == 0 ? LWS_SERVER_OPTION_LIBEV : 0;
}

bool sim_socket_run(struct sim_process *p, uint64_t (*tick)(struct sim_process *p))
{
	struct loop loop = {.process = p,
			    .tick = tick,
			    .library = event_library(p->plan->options->event_library)};
	struct timespec pause = {.tv_nsec = 5000000};

	lws_set_log_level(0, NULL);
	p->sockets = &loop;
	loop.context = make_context(&loop);
	if (!loop.context && loop.library) { /* without its plugin */
		loop.library = 0;
		loop.context = make_context(&loop);
	}
	if (!loop.context)
		return false;
	lws_sul_schedule(loop.context, 0, &loop.timer, on_timer, 1);
	while (!loop.over && lws_service(loop.context, 0) >= 0) {
		/* The loop of a library ends when there is no connection. */
		if (loop.library && !loop.over) {
			nanosleep(&pause, NULL);
			on_timer(&loop.timer);
		}
	}
	lws_context_destroy(loop.context);
	lp_buf_clear(&loop.frame);
	p->sockets = NULL;
	return true;
}
