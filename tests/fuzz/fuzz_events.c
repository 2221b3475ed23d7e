/*
 * Events that a client sends to the push application, and transfers, on the scenarios' world. The
 * input's lines:
 *
 *     ["push",{...}]    an event of a client on iOS, which waits for an answer
 *     >["a","b"]        everybody of these rooms is put into one room, or out of it by turns
 *
 * Each event is answered at most once, in JSON; clients hear nothing that is not.
 */
#include "config.h"

#include "common/lp_json.h"
#include "connector/proto/json_scan.h"
#include "connector/proto/sio_packet.h"
#include "tests/fuzz/fuzz.h"
#include "tests/scenario/world.h"

#define LINES_MAX 40

static unsigned answers;

static void hear(struct peer *p, struct lp_str packet, bool ws)
{
	struct lp_str json = lp_str_from(packet, lp_str_find(packet, ','));

	(void)p;
	(void)ws;
	if (packet.n < 2 || packet.p[0] != '4' || (packet.p[1] != '2' && packet.p[1] != '3'))
		return;
	answers += packet.p[1] == '3';
	while (json.n && json.p[0] != '[')
		json = lp_str_from(json, 1);
	MUST(json_scan_array(json, JSON_SCAN_DEPTH_MAX, NULL, 0) >= 0);
}

static struct peer *online(struct world *w, const char *name, const char *query)
{
	struct peer *p = peer_new(w, name);

	p->heard = hear;
	MUST(peer_open(p, true, query));
	peer_send(p, LP_STR("40/demo,"));
	world_settle(w);
	peer_send(p, LP_STR("42/demo,[\"joinRoom\",[\"r\",\"q\"]]"));
	world_settle(w);
	return p;
}

static void transfer(struct world *w, struct lp_str sources)
{
	static bool join;

	join = !join;
	if (join)
		store_mem_add_route(w->store, LP_STR("/demo"), LP_STR("target"));
	if (!core_transfer(w->core, LP_STR("/demo"), LP_STR("target"), join, sources) && join)
		MUST(core_transfer(w->core, LP_STR("/demo"), LP_STR("target"), join, LP_STR("[]")));
}

static void say(struct world *w, struct peer *p, struct lp_str event)
{
	struct lp_buf packet = {0};
	unsigned before = answers;

	lp_buf_addz(&packet, "42/demo,7");
	lp_buf_adds(&packet, event);
	peer_send(p, lp_buf_str(&packet));
	world_settle(w);
	MUST(answers - before <= 1);
	lp_buf_clear(&packet);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lp_str input = lp_str((const char *)data, size);
	struct lp_buf note = {0};
	struct peer *p;
	struct world w;

	if (!lp_utf8_valid(input))
		return 0; /* proto/ws_msg.c lets nothing else through */
	world_init(&w);
	world_start(&w);
	store_mem_set_namespace(w.store, LP_STR("/demo"), NAMESPACE_ON);
	online(&w, "other", "EIO=3&uuid=u2");
	p = online(&w, "one", "EIO=4&uuid=u1&platform=ios");
	for (int lines = 0; input.n && lines < LINES_MAX; lines++) {
		struct lp_str line = lp_str(input.p, lp_str_find(input, '\n'));

		input = lp_str_from(input, line.n + 1);
		if (!p->ws.open || p->ws.ended)
			break;
		/* one in three questions brings texts */
		store_mem_set_answer(w.store, STORE_DONE, lines % 3 ? "" : "1|u|2.5|1|name|value");
		if (line.n && line.p[0] == '>')
			transfer(&w, lp_str_from(line, 1));
		else
			say(&w, p, line);
		world_advance(&w, 1000);
	}
	MUST(store_mem_routes_right(w.store));
	while (store_mem_take_note(w.store, &note))
		;
	lp_buf_clear(&note);
	world_free(&w);
	return 0;
}
