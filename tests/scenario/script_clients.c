/* The commands that play clients, and those that say what they must have seen. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/lp_mem.h"
#include "tests/scenario/script_int.h"

static void hear(struct peer *p, struct lp_str packet, bool ws)
{
	struct inbox *in = p->data;
	struct message *m = lp_xcalloc(1, sizeof(*m) + packet.n + 1);

	memcpy(m->text, packet.p, packet.n);
	m->ws = ws;
	if (in->last)
		in->last->next = m;
	else
		in->first = m;
	in->last = m;
}

void script_take_first(struct inbox *in)
{
	struct message *m = in->first;

	in->first = m->next;
	if (!in->first)
		in->last = NULL;
	free(m);
}

static struct peer *make_peer(struct script *s, const char *name)
{
	struct peer *p = peer_find(&s->world, lp_cstr(name));

	if (!p) {
		p = peer_new(&s->world, name);
		p->data = lp_xcalloc(1, sizeof(struct inbox));
		p->heard = hear;
	}
	return p;
}

/* --- what they do --- */

static bool cmd_connect(struct script *s, char *args)
{
	struct peer *p = make_peer(s, script_word(&args));
	struct lp_buf query = {0};
	bool websocket = false, good;
	char *token;

	while (*(token = script_word(&args))) {
		if (strncmp(token, "transport=", 10) == 0) {
			websocket = strcmp(token + 10, "websocket") == 0;
			continue;
		}
		if (query.len)
			lp_buf_addc(&query, '&');
		if (strncmp(token, "eio=", 4) == 0)
			lp_buf_addf(&query, "EIO=%s", token + 4);
		else if (strncmp(token, "query=", 6) == 0)
			lp_buf_addz(&query, token + 6);
		else
			lp_buf_addz(&query, token);
	}
	lp_buf_addc(&query, '&');
	good = peer_open(p, websocket, query.data);
	lp_buf_clear(&query);
	return good || script_fail(s, "refused: %d %.*s", p->status, LP_FMT(lp_buf_str(&p->body)));
}

/* request WHO METHOD|UPGRADE QUERY, where $WHO is that one's session id */
static bool cmd_request(struct script *s, char *args)
{
	struct peer *p = make_peer(s, script_word(&args));
	const char *method = script_word(&args);
	bool upgrade = strcmp(method, "UPGRADE") == 0;
	struct lp_buf query = {0};
	char *dollar = strchr(args, '$');

	if (dollar) {
		struct peer *other = script_peer(s, dollar + 1);

		if (!other)
			return false;
		*dollar = '\0';
		lp_buf_addf(&query, "%s%s", args, other->sid);
	} else {
		lp_buf_addz(&query, args);
	}
	p->status = 0;
	if (peer_request(p, upgrade ? &p->ws : &p->post, upgrade ? "GET" : method, query.data,
			 upgrade) == ENGINE_WANT_BODY)
		p->status = 100;
	lp_buf_clear(&query);
	return true;
}

static bool cmd_answer(struct script *s, char *args)
{
	struct peer *p = script_peer(s, script_word(&args));
	int status = atoi(script_word(&args));

	if (!p)
		return false;
	if (p->status != status)
		return script_fail(s, "got status %d", p->status);
	if (*args && !script_matches(script_unescape(args), p->body.len ? p->body.data : ""))
		return script_fail(s, "got %s", p->body.data);
	p->status = 0;
	return true;
}

static bool cmd_type(struct script *s, char *args)
{
	struct peer *p = script_peer(s, script_word(&args));

	if (!p)
		return false;
	return strcmp(args, p->head.data) == 0 || script_fail(s, "got %s", p->head.data);
}

static bool cmd_poll(struct script *s, char *args)
{
	struct peer *p = script_peer(s, script_word(&args));

	if (p)
		peer_session_request(p, &p->poll, "GET", "polling");
	return p != NULL;
}

static bool cmd_send(struct script *s, char *args)
{
	struct peer *p = script_peer(s, script_word(&args));

	if (p)
		peer_send(p, lp_cstr(script_unescape(args)));
	return p != NULL;
}

/* send-both WHO PACKET PACKET */
static bool cmd_send_both(struct script *s, char *args)
{
	struct peer *p = script_peer(s, script_word(&args));
	const char *first = script_word(&args);

	if (p) {
		peer_send(p, lp_cstr(first));
		peer_send(p, lp_cstr(args));
	}
	return p != NULL;
}

/* bin WHO HEX: a binary websocket message */
static bool cmd_bin(struct script *s, char *args)
{
	struct peer *p = script_peer(s, script_word(&args));
	struct lp_buf bytes = {0};
	unsigned byte;

	for (; sscanf(args, "%2x", &byte) == 1; args += 2)
		lp_buf_addc(&bytes, (char)byte);
	if (p)
		engine_message(s->world.engine, &p->ws.link, true, lp_buf_str(&bytes),
			       s->world.now);
	lp_buf_clear(&bytes);
	return p != NULL;
}

/* post WHO TYPE BODY; type text, form or binary */
static bool cmd_post(struct script *s, char *args)
{
	struct peer *p = script_peer(s, script_word(&args));
	const char *kind = script_word(&args);
	const char *type = "text/plain;charset=UTF-8";

	if (strcmp(kind, "form") == 0)
		type = "application/x-www-form-urlencoded";
	else if (strcmp(kind, "binary") == 0)
		type = "application/octet-stream";
	if (p)
		peer_post(p, lp_cstr(type), lp_cstr(script_unescape(args)));
	return p != NULL;
}

static bool cmd_post_begin(struct script *s, char *args)
{
	struct peer *p = script_peer(s, script_word(&args));

	if (!p)
		return false;
	return peer_session_request(p, &p->post, "POST", "polling") == ENGINE_WANT_BODY ||
	       script_fail(s, "no body wanted, status %d", p->status);
}

static bool cmd_post_end(struct script *s, char *args)
{
	struct peer *p = script_peer(s, script_word(&args));

	if (p)
		engine_body(s->world.engine, &p->post.link, LP_STR("text/plain"),
			    lp_cstr(script_unescape(args)), s->world.now);
	return p != NULL;
}

static bool cmd_probe(struct script *s, char *args)
{
	struct peer *p = script_peer(s, script_word(&args));

	if (!p)
		return false;
	peer_probe(p);
	return p->ws.open || script_fail(s, "no websocket, status %d", p->status);
}

static bool cmd_probe_send(struct script *s, char *args)
{
	struct peer *p = script_peer(s, script_word(&args));

	if (p)
		engine_message(s->world.engine, &p->ws.link, false, lp_cstr(args), s->world.now);
	return p != NULL;
}

static struct wire *the_wire(struct peer *p, const char *which)
{
	if (strcmp(which, "poll") == 0)
		return &p->poll;
	return strcmp(which, "post") == 0 ? &p->post : &p->ws;
}

/* lose WHO ws|poll|post [slow] */
static bool cmd_lose(struct script *s, char *args)
{
	struct peer *p = script_peer(s, script_word(&args));
	const char *which = script_word(&args);

	if (p)
		peer_lose(p, the_wire(p, which),
			  strcmp(args, "slow") == 0 ? CLOSE_SLOW : CLOSE_TRANSPORT);
	return p != NULL;
}

/* --- what they saw --- */

static bool expect_close(struct script *s, const char *reason)
{
	const struct engine_stats *stats = engine_stats(s->world.engine);

	for (int r = 0; r < CLOSE_REASON_COUNT; r++) {
		if (strcmp(reason, close_reason_name((enum close_reason)r)) != 0)
			continue;
		if (stats->sessions_closed[r] == s->claimed[r])
			return script_fail(s, "no session was closed for that");
		s->claimed[r]++;
		return true;
	}
	return script_fail(s, "no such reason");
}

static bool expect_from(struct script *s, char *args, const char *transport)
{
	struct peer *p = script_peer(s, script_word(&args));
	struct inbox *in;

	if (!p)
		return false;
	if (strncmp(args, "close ", 6) == 0) {
		if (p->ws.open && !p->ws.ended)
			return script_fail(s, "its websocket is open");
		return expect_close(s, args + 6);
	}
	in = p->data;
	if (!in->first)
		return script_fail(s, "it heard nothing");
	if (!script_matches(args, in->first->text))
		return script_fail(s, "it heard %s", in->first->text);
	if (transport && (strcmp(transport, "ws") == 0) != in->first->ws)
		return script_fail(s, "it heard that, but not there");
	script_take_first(in);
	return true;
}

static bool cmd_expect(struct script *s, char *args)
{
	return expect_from(s, args, NULL);
}

static bool cmd_expect_ws(struct script *s, char *args)
{
	return expect_from(s, args, "ws");
}

static bool cmd_expect_poll(struct script *s, char *args)
{
	return expect_from(s, args, "poll");
}

static bool cmd_expect_open(struct script *s, char *args)
{
	struct peer *p = script_peer(s, script_word(&args));

	return p && (script_matches(args, p->open.data) || script_fail(s, "got %s", p->open.data));
}

static bool cmd_nothing(struct script *s, char *args)
{
	struct peer *p = script_peer(s, script_word(&args));
	const struct inbox *in = p ? p->data : NULL;

	return in && (!in->first || script_fail(s, "it heard %s", in->first->text));
}

static bool cmd_ended(struct script *s, char *args)
{
	struct peer *p = script_peer(s, script_word(&args));

	return p && (p->ws.ended || script_fail(s, "its websocket is open"));
}

static bool cmd_dropped(struct script *s, char *args)
{
	struct peer *p = script_peer(s, script_word(&args));

	return p && (p->post.dropped || script_fail(s, "its post is not dropped"));
}

/* waits WHO: its poll is pending */
static bool cmd_waits(struct script *s, char *args)
{
	struct peer *p = script_peer(s, script_word(&args));

	return p && (p->poll.waits || script_fail(s, "its poll was answered"));
}

/* online WHO [eio=N] [transport=T] nsp=/NAME query=...: connects, joins, reads up to `ok` */
static bool cmd_online(struct script *s, char *args)
{
	char *nsp = strstr(args, "nsp=");
	char *rest = nsp ? strchr(nsp, ' ') : NULL;
	char who[16], line[SCRIPT_LINE_MAX];
	struct peer *p;

	if (!rest)
		return script_fail(s, "no namespace, or no query");
	*rest = '\0';
	snprintf(who, sizeof(who), "%.*s", (int)strcspn(args, " "), args);
	snprintf(line, sizeof(line), "%.*s %s", (int)(nsp - args), args, rest + 1);
	if (!cmd_connect(s, line))
		return false;
	p = script_peer(s, who);
	world_settle(&s->world);
	snprintf(line, sizeof(line), "%s 40", who);
	if (p->version == 3 && !expect_from(s, line, NULL))
		return false;
	snprintf(line, sizeof(line), "40%s,", nsp + 4);
	peer_send(p, lp_cstr(line));
	world_settle(&s->world);
	if (!peer_on_websocket(p))
		peer_session_request(p, &p->poll, "GET", "polling");
	world_settle(&s->world);
	snprintf(line, sizeof(line), "%s 40%s,*", who, nsp + 4);
	if (!expect_from(s, line, NULL))
		return false;
	snprintf(line, sizeof(line), "%s 42%s,[\"ok\",*", who, nsp + 4);
	p->status = 0;
	return expect_from(s, line, NULL);
}

const struct command script_client_commands[] = {
	{"answer", cmd_answer},
	{"bin", cmd_bin},
	{"connect", cmd_connect},
	{"dropped", cmd_dropped},
	{"ended", cmd_ended},
	{"expect", cmd_expect},
	{"expect-open", cmd_expect_open},
	{"expect-poll", cmd_expect_poll},
	{"expect-ws", cmd_expect_ws},
	{"lose", cmd_lose},
	{"nothing", cmd_nothing},
	{"online", cmd_online},
	{"poll", cmd_poll},
	{"post", cmd_post},
	{"post-begin", cmd_post_begin},
	{"post-end", cmd_post_end},
	{"probe", cmd_probe},
	{"probe-send", cmd_probe_send},
	{"request", cmd_request},
	{"send", cmd_send},
	{"send-both", cmd_send_both},
	{"type", cmd_type},
	{"waits", cmd_waits},
	{NULL, NULL},
};
