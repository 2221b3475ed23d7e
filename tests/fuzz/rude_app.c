#include "config.h"

#include "common/lp_json.h"
#include "connector/proto/json_scan.h"
#include "connector/proto/sio_packet.h"
#include "connector/proto/utf8.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/rude_app.h"

#define PLACEHOLDER "{\"_placeholder\":true,\"num\":0}"

static struct rude_app *app_of(const struct socket *s)
{
	return engine_app(socket_engine(s));
}

/* --- the sockets it knows --- */

static unsigned place_of(const struct rude_app *app, const struct socket *s)
{
	unsigned i = 0;

	while (i < app->count && app->sockets[i] != s)
		i++;
	MUST(i < app->count);
	return i;
}

static void forget(struct rude_app *app, const struct socket *s)
{
	for (unsigned i = place_of(app, s); i + 1 < app->count; i++) {
		app->sockets[i] = app->sockets[i + 1];
		app->joined[i] = app->joined[i + 1];
	}
	app->count--;
}

static void accept_one(struct rude_app *app, struct socket *s)
{
	unsigned i = place_of(app, s);

	if (app->joined[i])
		return;
	app->joined[i] = true;
	socket_accept(s);
}

static void refuse_one(struct rude_app *app, struct socket *s, struct lp_str data)
{
	if (app->joined[place_of(app, s)])
		return;
	forget(app, s);
	app->refusals++;
	socket_refuse_with(s, LP_STR("not \"\xc3\xa9\" authorized"), data);
}

static void emit(struct rude_app *app, struct socket *s, const struct socket_message *m)
{
	if (app->joined[place_of(app, s)])
		socket_emit_message(s, m);
}

static void emit_text(struct rude_app *app, struct socket *s)
{
	emit(app, s, &(struct socket_message){.json = LP_STR("[\"news\",\"\xe2\x82\xac\",1]")});
}

static void emit_bytes(struct rude_app *app, struct socket *s)
{
	static const struct lp_str two[2] = {{"\0\xff\1", 3}, {"", 0}};

	emit(app, s,
	     &(struct socket_message){
		     .json = LP_STR("[\"b\"," PLACEHOLDER ",{\"_placeholder\":true,\"num\":1}]"),
		     .attachments = two,
		     .attachment_count = 2,
		     .ack = LP_STR("12"),
	     });
}

static void emit_all(struct rude_app *app)
{
	for (unsigned i = 0; i < app->count; i++)
		emit_text(app, app->sockets[i]);
}

void rude_app_act(struct rude_app *app, char what, unsigned i)
{
	struct socket *s;

	if (!app->count)
		return;
	s = app->sockets[i % app->count];
	switch (what) {
	case 'a':
		accept_one(app, s);
		break;
	case 'n':
		refuse_one(app, s, LP_STR(""));
		break;
	case 'N':
		refuse_one(app, s, LP_STR("{\"code\":42}"));
		break;
	case 'd':
		if (app->joined[i % app->count])
			socket_disconnect(s, false, CLOSE_SERVER);
		break;
	case 'D':
		socket_disconnect(s, true, CLOSE_SERVER);
		break;
	case 'e':
		emit_text(app, s);
		break;
	case 'E':
		emit_all(app);
		break;
	case 'k':
		emit_bytes(app, s);
		break;
	default:
		break;
	}
}

/* --- what the engine tells --- */

static void check_request(const struct socket_request *req)
{
	MUST(req->nsp.n > 0 && req->nsp.n <= SIO_NSP_MAX && req->nsp.p[0] == '/');
	MUST(utf8_valid(req->nsp) && utf8_valid(req->auth));
	if (req->auth.n)
		MUST(json_scan_value(req->auth, SIO_JSON_DEPTH) == (ssize_t)req->auth.n);
}

static void ask_root(struct rude_app *app, struct socket *s)
{
	if (app->root == RUDE_ROOT_ACCEPT)
		accept_one(app, s);
	else if (app->root == RUDE_ROOT_REFUSE)
		refuse_one(app, s, LP_STR(""));
}

static void app_connect(struct socket *s, const struct socket_request *req)
{
	struct rude_app *app = app_of(s);

	check_request(req);
	MUST(app->count < RUDE_SOCKETS);
	app->sockets[app->count] = s;
	app->joined[app->count++] = false;
	app->connects++;
	if (lp_str_eq(req->nsp, LP_STR("/"))) {
		ask_root(app, s);
	} else if (lp_str_starts(req->nsp, LP_STR("/a"))) {
		accept_one(app, s);
	} else if (lp_str_eq(req->nsp, LP_STR("/one"))) {
		accept_one(app, s);
		socket_disconnect(s, false, CLOSE_SERVER);
	} else if (lp_str_eq(req->nsp, LP_STR("/out"))) {
		accept_one(app, s);
		socket_disconnect(s, true, CLOSE_SERVER);
	} else if (!lp_str_eq(req->nsp, LP_STR("/late"))) {
		refuse_one(app, s,
			   lp_str_eq(req->nsp, LP_STR("/data")) ? LP_STR("[1]") : req->auth);
	}
}

static void check_event(const struct rude_app *app, const struct socket *s,
			const struct socket_event *ev)
{
	struct lp_str elements[1 + SOCKET_ARGS_MAX];
	ssize_t count = json_scan_array(ev->json, SIO_JSON_DEPTH, elements, 1 + SOCKET_ARGS_MAX);

	MUST(app->joined[place_of(app, s)]);
	MUST(count >= 0 && ev->ack.n <= SIO_ACK_DIGITS);
	MUST(ev->attachment_count <= SIO_ATTACHMENTS_MAX);
	if (!ev->name.p)
		return;
	MUST((size_t)count == ev->argc + 1);
	MUST(utf8_valid(ev->name));
	for (size_t i = 0; i < ev->argc && i < SOCKET_ARGS_MAX; i++)
		MUST(lp_str_eq(ev->args[i], elements[i + 1]));
}

/* Gives back what came, as an answer if one is wanted. */
static void echo(struct socket *s, const struct socket_event *ev)
{
	struct socket_message m = {
		.json = ev->json,
		.attachments = ev->attachments,
		.attachment_count = ev->attachment_count,
		.ack = ev->ack,
	};

	if (ev->ack.n)
		socket_ack_message(s, &m);
	else
		socket_emit_message(s, &m);
}

static void app_event(struct socket *s, const struct socket_event *ev)
{
	struct rude_app *app = app_of(s);

	check_event(app, s, ev);
	if (lp_str_eq(ev->name, LP_STR("bye")))
		socket_disconnect(s, false, CLOSE_SERVER);
	else if (lp_str_eq(ev->name, LP_STR("byeall")))
		socket_disconnect(s, true, CLOSE_SERVER);
	else if (lp_str_eq(ev->name, LP_STR("all")))
		emit_all(app);
	else if (lp_str_eq(ev->name, LP_STR("bytes")))
		emit_bytes(app, s);
	else if (lp_str_eq(ev->name, LP_STR("first"))) /* perhaps this one */
		rude_app_act(app, 'D', 0);
	else if (lp_str_eq(ev->name, LP_STR("yes")))
		rude_app_act(app, 'a', app->count - 1);
	else
		echo(s, ev);
}

static void app_acked(struct socket *s, const struct socket_event *ev)
{
	check_event(app_of(s), s, ev);
	MUST(ev->ack.n > 0 && !ev->name.n);
	if (lp_str_eq(ev->json, LP_STR("[]")))
		socket_disconnect(s, true, CLOSE_SERVER);
}

static void app_closed(struct socket *s, enum close_reason reason)
{
	struct rude_app *app = app_of(s);

	MUST(reason < CLOSE_REASON_COUNT);
	forget(app, s);
	app->closings++;
	/* others hear of it, and the oldest, which may be of the same session, is sent away for it
	 * now and then */
	emit_all(app);
	if (app->closings % 3 == 2)
		rude_app_act(app, reason == CLOSE_CLIENT ? 'd' : 'D', 0);
}

const struct app_ops rude_app_ops = {
	.connect = app_connect,
	.event = app_event,
	.acked = app_acked,
	.closed = app_closed,
};
