#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/lp_buf.h"
#include "common/lp_json.h"
#include "common/model/url_query.h"
#include "tests/conformance/echo_app.h"

#define CALL_ACK "7" /* of the event that wants an answer */

static struct echo_app *app_of(const struct socket *s)
{
	return engine_app(socket_engine(s));
}

/* --- joining --- */

static const char *allow(void *app_data, const struct http_head *h)
{
	static struct lp_buf reason;

	(void)app_data;
	lp_buf_reset(&reason);
	return url_query_get(h->query, "deny", &reason) ? reason.data : NULL;
}

/* What a later `query` event tells: the two queries and the auth object. */
static void keep_request(struct socket *s, const struct socket_request *req)
{
	struct lp_buf json = {0};

	lp_buf_addz(&json, "[\"query\",");
	lp_json_quote(&json, req->url_query);
	lp_buf_addc(&json, ',');
	lp_json_quote(&json, req->packet_query);
	lp_buf_addc(&json, ',');
	lp_buf_adds(&json, req->auth.n ? req->auth : LP_STR("{}"));
	lp_buf_addc(&json, ']');
	socket_set_data(s, json.data);
}

static void join(struct socket *s, const struct socket_request *req)
{
	struct lp_buf json = {0};

	keep_request(s, req);
	socket_accept(s);
	if (app_of(s)->kind != ECHO_SUITE)
		return;
	lp_buf_addz(&json, "[\"auth\",");
	lp_buf_adds(&json, req->auth.n ? req->auth : LP_STR("{}"));
	lp_buf_addc(&json, ']');
	socket_emit(s, lp_buf_str(&json));
	lp_buf_clear(&json);
}

static void connect_root(struct socket *s, const struct socket_request *req)
{
	struct echo_app *app = app_of(s);

	switch (app->root) {
	case ECHO_ROOT_ACCEPT:
		join(s, req);
		break;
	case ECHO_ROOT_DENY:
		socket_refuse(s, LP_STR("root denied"));
		break;
	case ECHO_ROOT_LATER:
		echo_app_accept_waiting(app);
		app->waiting = s;
		break;
	}
}

void echo_app_accept_waiting(struct echo_app *app)
{
	struct socket *s = app->waiting;

	app->waiting = NULL;
	if (s)
		socket_accept(s);
}

static void app_connect(struct socket *s, const struct socket_request *req)
{
	bool cases = app_of(s)->kind == ECHO_CASES;

	if (lp_str_eq(req->nsp, LP_STR("/")))
		connect_root(s, req);
	else if (lp_str_eq(req->nsp, cases ? LP_STR("/demo") : LP_STR("/custom")))
		join(s, req);
	else if (cases && lp_str_eq(req->nsp, LP_STR("/mw")))
		socket_refuse(s, LP_STR("not authorized"));
	else if (cases && lp_str_eq(req->nsp, LP_STR("/mwd")))
		socket_refuse(s, LP_STR("uuid invalid"));
	else if (cases && lp_str_eq(req->nsp, LP_STR("/mwdata")))
		socket_refuse_with(s, LP_STR("not authorized"), LP_STR("{\"code\":42}"));
	else
		socket_refuse(s, LP_STR("Invalid namespace"));
}

static void app_closed(struct socket *s, enum close_reason reason)
{
	struct echo_app *app = app_of(s);

	(void)reason;
	if (app->waiting == s)
		app->waiting = NULL;
	free(socket_data(s));
}

/* --- events --- */

/* The arguments of an event as an array of their own, with name in front unless it is empty. */
static void arguments(struct lp_buf *out, const struct socket_event *ev, struct lp_str name)
{
	struct lp_str rest = LP_STR("]");

	if (ev->argc) {
		/* All of them, however many: from where the first begins. */
		rest = lp_str(ev->args[0].p, (size_t)(ev->json.p + ev->json.n - ev->args[0].p));
	}
	lp_buf_addc(out, '[');
	lp_buf_adds(out, name);
	if (name.n && ev->argc)
		lp_buf_addc(out, ',');
	lp_buf_adds(out, rest);
}

static void answer(struct socket *s, const struct socket_event *ev, struct lp_str name)
{
	struct lp_buf json = {0};
	struct socket_message m = {.attachments = ev->attachments,
				   .attachment_count = ev->attachment_count};

	arguments(&json, ev, ev->ack.n ? LP_STR("") : name);
	m.json = lp_buf_str(&json);
	m.ack = ev->ack;
	if (ev->ack.n)
		socket_ack_message(s, &m);
	else
		socket_emit_message(s, &m);
	lp_buf_clear(&json);
}

static void call(struct socket *s)
{
	struct lp_str bytes = LP_STR("\x01\x02");
	struct socket_message m = {
		.json = LP_STR("[\"q\",1,{\"_placeholder\":true,\"num\":0}]"),
		.attachments = &bytes,
		.attachment_count = 1,
		.ack = LP_STR(CALL_ACK),
	};

	socket_emit_message(s, &m);
}

static void case_event(struct socket *s, const struct socket_event *ev)
{
	if (lp_str_eq(ev->name, LP_STR("echo")))
		answer(s, ev, LP_STR("\"echo\""));
	else if (lp_str_eq(ev->name, LP_STR("bye")))
		socket_disconnect(s, false, CLOSE_SERVER);
	else if (lp_str_eq(ev->name, LP_STR("byeall")))
		socket_disconnect(s, true, CLOSE_SERVER);
	else if (lp_str_eq(ev->name, LP_STR("callme")))
		call(s);
	else if (lp_str_eq(ev->name, LP_STR("query")) && socket_data(s))
		socket_emit(s, lp_cstr(socket_data(s)));
}

static void suite_event(struct socket *s, const struct socket_event *ev)
{
	if (lp_str_eq(ev->name, LP_STR("message")) ||
	    (lp_str_eq(ev->name, LP_STR("message-with-ack")) && ev->ack.n))
		answer(s, ev, LP_STR("\"message-back\""));
}

static void app_event(struct socket *s, const struct socket_event *ev)
{
	if (app_of(s)->kind == ECHO_CASES)
		case_event(s, ev);
	else
		suite_event(s, ev);
}

static void app_acked(struct socket *s, const struct socket_event *ev)
{
	struct lp_buf json = {0};
	struct socket_message m = {.attachments = ev->attachments,
				   .attachment_count = ev->attachment_count};

	if (!lp_str_eq(ev->ack, LP_STR(CALL_ACK)))
		return;
	lp_buf_addz(&json, "[\"called\"");
	if (!lp_str_eq(ev->json, LP_STR("[]"))) {
		lp_buf_addc(&json, ',');
		lp_buf_adds(&json, lp_str_from(ev->json, 1));
	} else {
		lp_buf_addc(&json, ']');
	}
	m.json = lp_buf_str(&json);
	socket_emit_message(s, &m);
	lp_buf_clear(&json);
}

const struct app_ops echo_app_ops = {
	.allow = allow,
	.connect = app_connect,
	.event = app_event,
	.acked = app_acked,
	.closed = app_closed,
};

/* --- raw --- */

const struct raw_ops echo_raw_ops = {
	.message = raw_send,
};
