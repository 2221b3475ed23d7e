/* Whether what the engine holds fits together, and with what the links and the application know. */
#include "config.h"

#include "connector/engine/assembly.h"
#include "connector/engine/session.h"
#include "connector/engine/socket_int.h"
#include "tests/fuzz/engine_fixture.h"

static void check_link(const struct session *s, const struct link *l, enum link_role role)
{
	if (!l)
		return;
	MUST(l->session == s && l->role == role);
}

static void check_links(const struct session *s)
{
	check_link(s, s->ws, LINK_WS);
	check_link(s, s->probe, LINK_PROBE);
	check_link(s, s->poll, LINK_POLL);
	check_link(s, s->post, LINK_POST);
	switch (s->state) {
	case SESSION_POLLING:
		MUST(!s->ws);
		break;
	case SESSION_PROBING:
		MUST(!s->ws && s->probe);
		break;
	case SESSION_WEBSOCKET:
		MUST(s->ws && !s->probe && !s->poll);
		break;
	case SESSION_ENDING:
		MUST(!s->ws && !s->probe && !s->poll && !s->post);
		break;
	default:
		MUST(false); /* it would not be in the table */
	}
}

static void check_queue(const struct session *s, size_t max)
{
	size_t sum = 0;

	for (unsigned i = 0; i < s->queued; i++)
		sum += s->queue[i]->len;
	MUST(sum == s->queue_bytes);
	MUST(s->queued <= s->queue_room);
	MUST(sum <= max || s->queued == 1);
	MUST(s->state != SESSION_WEBSOCKET || !s->queued);
	MUST(!s->queued || !s->poll || s->dirty); /* what can go out will go out */
}

/* Returns the sockets. */
static unsigned check_sockets(const struct session *s, unsigned max)
{
	unsigned count = 0;

	for (const struct socket *k = s->sockets; k; k = k->next) {
		MUST(k->session == s && k->nsp[0] == '/');
		count++;
	}
	MUST(count == s->socket_count && count <= max);
	if (s->state == SESSION_ENDING)
		MUST(!count && !s->held);
	return count;
}

static void check_assembly(const struct session *s, size_t max)
{
	const struct assembly *a = s->assembly;

	if (s->state == SESSION_ENDING)
		return;
	MUST(!a == !s->assembly_due);
	if (!a)
		return;
	MUST(a->count < a->due && a->due <= SIO_ATTACHMENTS_MAX);
	MUST(a->text.len + a->data.len <= max);
}

static void check_stats(const struct fixture *f, uint64_t open)
{
	const struct engine_stats *stats = engine_stats(f->engine);
	uint64_t closed = 0;

	for (unsigned i = 0; i < CLOSE_REASON_COUNT; i++)
		closed += stats->sessions_closed[i];
	MUST(stats->sessions_opened == open + closed);
	MUST(stats->upgrades <= stats->sessions_opened);
	if (!f->raw)
		MUST(f->app.count == f->app.connects - f->app.refusals - f->app.closings);
}

void fixture_check(struct fixture *f)
{
	uint64_t open = 0;
	unsigned sockets = 0;

	for (struct session *s = f->engine->sessions; s; s = s->hh.next) {
		MUST(s->timer.prev);
		check_links(s);
		check_queue(s, f->conf.send_queue_max);
		sockets += check_sockets(s, f->conf.max_namespaces);
		check_assembly(s, f->conf.max_payload);
		open += session_open(s);
	}
	MUST(sockets == f->app.count);
	check_stats(f, open);
	for (unsigned i = 0; i < FIXTURE_WIRES; i++) {
		struct wire *w = &f->wires[i];
		struct session *s = w->link.session;

		MUST(!s == (w->link.role == LINK_NONE));
		if (!s)
			continue;
		MUST(w->state != WIRE_FREE && s->state != SESSION_CLOSED);
		MUST(&w->link == s->ws || &w->link == s->probe || &w->link == s->poll ||
		     &w->link == s->post);
	}
}
