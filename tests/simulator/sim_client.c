#include "config.h"

#include <stdlib.h>

#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "tests/simulator/sim_client.h"
#include "tests/simulator/sim_packet.h"

#define SECOND        UINT64_C(1000000)
#define GIVE_UP       (30 * SECOND)
#define RETRY         (SECOND / 2) /* and up to twice that */
#define PING_INTERVAL (25 * SECOND)
#define JOIN_ID       0 /* of the events that want an answer */
#define PUSH_ID       1

void sim_client_init(struct sim_process *p, struct sim_client *c, uint32_t number)
{
	struct sim_who who = sim_plan_who(p->plan, number);

	*c = (struct sim_client){.number = number,
				 .engine = (uint8_t)who.engine,
				 .ack = (uint8_t)who.ack,
				 .pushes = who.pushes,
				 .slow = who.slow};
	c->rooms = lp_xmalloc(p->room_count * sizeof(*c->rooms));
	sim_plan_rooms(p->plan, number, c->rooms);
	c->rooms[p->room_count - 1] = sim_plan_user_room(p->plan, number);
	if (c->pushes)
		c->numbers = lp_xcalloc(p->plan->client_rooms, sizeof(*c->numbers));
}

void sim_client_clear(struct sim_client *c)
{
	lp_buf_clear(&c->in);
	lp_buf_clear(&c->out);
	free(c->rooms);
	free(c->numbers);
	free(c->stays);
}

static int phase(const struct sim_process *p)
{
	return atomic_load_explicit(&p->shared->phase, memory_order_relaxed);
}

static uint64_t draw(struct sim_process *p)
{
	return sim_random((uint64_t)p->plan->options->seed, p->number, ~p->draws++);
}

static uint64_t draw_time(struct sim_process *p, uint64_t from, uint64_t to)
{
	return from + draw(p) % (to - from + 1);
}

static void later(struct sim_process *p, const struct sim_client *c, int what, uint64_t after,
		  uint64_t argument)
{
	struct sim_timer timer = {.due = lp_mono_us() + after,
				  .argument = argument,
				  .client = (uint32_t)(c - p->clients),
				  .life = c->life,
				  .what = what};

	sim_timers_add(&p->timers, &timer);
}

static void later_within(struct sim_process *p, const struct sim_client *c, int what,
			 struct sim_range range)
{
	later(p, c, what, draw_time(p, range.from, range.to), 0);
}

static void leave_window(struct sim_process *p, struct sim_client *c)
{
	if (c->in_window)
		p->connecting--;
	c->in_window = false;
}

/* A frame is a length and a text: begin appends a length that end fills in. */
static size_t begin_frame(struct sim_client *c)
{
	lp_buf_add(&c->out, "\0\0\0", 4);
	return c->out.len;
}

static void end_frame(struct sim_client *c, size_t begin)
{
	uint32_t n = (uint32_t)(c->out.len - begin);

	memcpy(c->out.data + begin - sizeof(n), &n, sizeof(n));
	sim_socket_wake(c);
}

bool sim_client_next_frame(struct sim_client *c, struct lp_buf *frame)
{
	uint32_t n;

	if (!c->out.len) {
		lp_buf_clear(&c->out); /* most of the time it has nothing to say */
		return false;
	}
	memcpy(&n, c->out.data, sizeof(n));
	lp_buf_add(frame, c->out.data + sizeof(n), n);
	lp_buf_consume(&c->out, sizeof(n) + n);
	return true;
}

static void send_text(struct sim_client *c, const char *text)
{
	size_t begin = begin_frame(c);

	lp_buf_addz(&c->out, text);
	end_frame(c, begin);
}

static struct lp_str namespace_of(const struct sim_process *p, const struct sim_client *c)
{
	return lp_cstr(p->plan->namespaces[p->plan->namespace_of[c->number]]);
}

static size_t begin_event(struct sim_process *p, struct sim_client *c, int64_t id)
{
	size_t begin = begin_frame(c);

	sim_packet_event(&c->out, namespace_of(p, c), id);
	return begin;
}

void sim_client_connect(struct sim_process *p, struct sim_client *c)
{
	const struct sim_options *o = p->plan->options;
	struct sim_who who = sim_plan_who(p->plan, c->number);
	struct lp_buf uuid = {0}, userid = {0};
	struct sim_handshake handshake;

	(void)!sim_pattern_expand(o->uuid, c->number, &uuid);
	(void)!sim_pattern_expand(o->userid, c->number, &userid);
	handshake = (struct sim_handshake){.path = o->path,
					   .engine = c->engine,
					   .uuid = lp_buf_str(&uuid),
					   .userid = lp_buf_str(&userid),
					   .platform = who.platform,
					   .more = o->query};
	lp_buf_reset(&p->scratch);
	sim_packet_handshake(&p->scratch, &handshake);
	c->life++;
	c->began = lp_mono_us();
	c->want_close = false;
	c->state = SIM_OPENING;
	later(p, c, SIM_TIMER_GIVE_UP, GIVE_UP, 0);
	if (!sim_socket_connect(p, c, &who, p->scratch.data))
		sim_client_closed(p, c);
	lp_buf_clear(&uuid);
	lp_buf_clear(&userid);
}

static void end_stay(struct sim_client *c)
{
	if (c->stay_count && c->stays[c->stay_count - 1].to == UINT64_MAX)
		c->stays[c->stay_count - 1].to = lp_mono_us();
}

/* One that was lost is still expected to get everything, so its stay goes on. */
static void begin_stay(struct sim_client *c)
{
	if (c->stay_count && c->stays[c->stay_count - 1].to == UINT64_MAX)
		return;
	c->stays = lp_xrealloc(c->stays, (c->stay_count + 1) * sizeof(*c->stays));
	c->stays[c->stay_count++] = (struct sim_stay){lp_mono_us(), UINT64_MAX};
}

static void finish_push(struct sim_process *p, struct sim_client *c, enum sim_outcome outcome)
{
	static const enum sim_count counts[] = {[SIM_PUSH_ACCEPTED] = SIM_PUSHES,
						[SIM_PUSH_REFUSED] = SIM_PUSHES_REFUSED,
						[SIM_PUSH_UNKNOWN] = SIM_PUSHES_UNKNOWN};

	c->pushing = false;
	c->push.outcome = outcome;
	c->push.done = lp_mono_us();
	sim_push_writer_add(&p->pushes, &c->push);
	sim_count(p->counts, counts[outcome], 1);
	if (outcome != SIM_PUSH_UNKNOWN)
		sim_histogram_add(&p->counts->duration[SIM_PUSH_TIME], c->push.done - c->push.sent);
}

void sim_client_closed(struct sim_process *p, struct sim_client *c)
{
	const struct sim_options *o = p->plan->options;

	c->socket = NULL;
	lp_buf_clear(&c->in);
	lp_buf_clear(&c->out);
	leave_window(p, c);
	if (c->pushing)
		finish_push(p, c, SIM_PUSH_UNKNOWN);
	if (c->state == SIM_JOINED)
		p->counts->online--;
	c->life++; /* what was to be done on this connection is not */
	switch (c->state) {
	case SIM_AWAY:
	case SIM_GONE:
		return;
	case SIM_LEAVING:
		later_within(p, c, SIM_TIMER_CONNECT, o->away);
		break;
	default:
		if (c->slow && c->state == SIM_JOINED) {
			sim_count(p->counts, SIM_SLOW_CLOSED, 1);
			c->state = SIM_GONE;
			return;
		}
		sim_count(p->counts, c->state == SIM_JOINED ? SIM_LOST : SIM_CONNECT_FAILED, 1);
		later(p, c, SIM_TIMER_CONNECT, draw_time(p, RETRY, 2 * RETRY), 0);
	}
	c->state = SIM_AWAY;
}

static void close_when_sent(struct sim_client *c)
{
	c->want_close = true;
	sim_socket_wake(c);
}

static void refused(struct sim_process *p, struct sim_client *c)
{
	sim_count(p->counts, SIM_REFUSED, 1);
	leave_window(p, c);
	if (!c->has_joined)
		p->counts->joined++; /* nobody needs to wait for it */
	c->has_joined = true;
	c->state = SIM_GONE;
	close_when_sent(c);
}

static void joined(struct sim_process *p, struct sim_client *c)
{
	const struct sim_options *o = p->plan->options;

	c->state = SIM_JOINED;
	leave_window(p, c);
	sim_histogram_add(&p->counts->duration[SIM_CONNECT_TIME], lp_mono_us() - c->began);
	sim_count(p->counts, SIM_CONNECTS, 1);
	if (c->has_joined)
		sim_count(p->counts, SIM_RECONNECTS, 1);
	else
		p->counts->joined++;
	c->has_joined = true;
	p->counts->online++;
	if (c->slow) {
		sim_socket_stop_reading(c);
		return;
	}
	begin_stay(c);
	if (c->pushes) /* the first one anywhere in its pause, so that they are spread */
		later(p, c, SIM_TIMER_PUSH, draw_time(p, 0, o->push_every.to), 0);
	if (o->reconnect_every.to)
		later_within(p, c, SIM_TIMER_LEAVE, o->reconnect_every);
}

static void join(struct sim_process *p, struct sim_client *c)
{
	size_t begin;

	if (!p->plan->client_rooms) {
		joined(p, c);
		return;
	}
	c->state = SIM_JOINING;
	begin = begin_event(p, c, JOIN_ID);
	lp_buf_addz(&c->out, "[\"joinRoom\",[");
	for (uint32_t i = 0; i < p->plan->client_rooms; i++) {
		lp_buf_addz(&c->out, i ? ",\"" : "\"");
		sim_plan_room_name(p->plan, c->rooms[i], &c->out);
		lp_buf_addc(&c->out, '"');
	}
	lp_buf_addz(&c->out, "]]");
	end_frame(c, begin);
}

static void push(struct sim_process *p, struct sim_client *c)
{
	uint32_t at = (uint32_t)(draw(p) % p->plan->client_rooms);
	struct sim_stamp stamp = {.run = p->plan->run,
				  .room = c->rooms[at],
				  .sender = c->number,
				  .number = c->numbers[at] + 1,
				  .sent = lp_mono_us()};
	size_t begin = begin_event(p, c, PUSH_ID);

	lp_buf_addz(&c->out, "[\"push\",{\"room\":\"");
	sim_plan_room_name(p->plan, stamp.room, &c->out);
	lp_buf_addz(&c->out, "\",\"pushData\":");
	sim_stamp_write(&stamp, (uint64_t)p->plan->options->push_size, &c->out);
	lp_buf_addz(&c->out, "}]");
	end_frame(c, begin);
	c->numbers[at] = stamp.number;
	c->push = (struct sim_push){.room = stamp.room,
				    .sender = stamp.sender,
				    .number = stamp.number,
				    .sent = stamp.sent};
	c->pushing = true;
}

static void acknowledge(struct sim_process *p, struct sim_client *c, uint64_t id)
{
	size_t begin = begin_event(p, c, -1);

	lp_buf_addf(&c->out, "[\"ackPush\",{\"id\":%llu}]", (unsigned long long)id);
	end_frame(c, begin);
	sim_count(p->counts, SIM_ACKS, 1);
}

static bool is_member(const struct sim_process *p, const struct sim_client *c, uint32_t room)
{
	for (uint32_t i = 0; i < p->room_count; i++) {
		if (c->rooms[i] == room)
			return true;
	}
	return false;
}

static void got_push(struct sim_process *p, struct sim_client *c, struct lp_str event)
{
	static const enum sim_count counts[] = {[SIM_ARRIVAL_NEW] = SIM_DELIVERIES,
						[SIM_ARRIVAL_OUT_OF_ORDER] = SIM_OUT_OF_ORDER,
						[SIM_ARRIVAL_DUPLICATE] = SIM_DUPLICATED};
	uint64_t now = lp_mono_us();
	enum sim_arrival arrival;
	struct sim_stamp stamp;

	if (!sim_stamp_read(event, &stamp) || stamp.run != p->plan->run) {
		sim_count(p->counts, SIM_FOREIGN, 1);
	} else if (!is_member(p, c, stamp.room)) {
		sim_count(p->counts, SIM_STRAY, 1);
	} else {
		arrival = sim_ledger_take(&p->ledger, c->number, &stamp);
		sim_count(p->counts, counts[arrival], 1);
		if (arrival == SIM_ARRIVAL_OUT_OF_ORDER)
			sim_count(p->counts, SIM_DELIVERIES, 1);
		if (now > stamp.sent)
			sim_histogram_add(&p->counts->duration[SIM_LATENCY], now - stamp.sent);
		p->counts->last = now;
	}
	if (c->ack == SIM_ACK_OFF)
		return;
	if (c->ack == SIM_ACK_ON)
		acknowledge(p, c, sim_stamp_message_id(event));
	else
		later(p, c, SIM_TIMER_ACK,
		      draw_time(p, p->plan->options->ack_delay.from,
				p->plan->options->ack_delay.to),
		      sim_stamp_message_id(event));
}

static void got_answer(struct sim_process *p, struct sim_client *c, const struct sim_packet *packet)
{
	uint64_t status;

	if (!sim_packet_number(packet->body, "status", &status))
		status = 0;
	if (packet->id == JOIN_ID && c->state == SIM_JOINING) {
		if (status == 200)
			joined(p, c);
		else
			refused(p, c);
	} else if (packet->id == PUSH_ID && c->pushing) {
		finish_push(p, c, status == 200 ? SIM_PUSH_ACCEPTED : SIM_PUSH_REFUSED);
		later_within(p, c, SIM_TIMER_PUSH, p->plan->options->push_every);
	}
}

static void got_open(struct sim_process *p, struct sim_client *c, struct lp_str body)
{
	size_t begin;

	if (c->state != SIM_OPENING)
		return;
	c->state = SIM_ASKING;
	if (c->engine == 3) {
		if (sim_packet_number(body, "pingInterval", &c->ping_interval) && c->ping_interval)
			c->ping_interval *= 1000;
		else
			c->ping_interval = PING_INTERVAL;
		later(p, c, SIM_TIMER_PING, c->ping_interval, 0);
	}
	begin = begin_frame(c);
	sim_packet_connect(&c->out, namespace_of(p, c));
	end_frame(c, begin);
}

static void got_connect(struct sim_process *p, struct sim_client *c)
{
	struct sim_range think = p->plan->options->think;

	c->state = SIM_THINKING;
	if (think.to) {
		leave_window(p, c); /* others need not wait while it thinks */
		later_within(p, c, SIM_TIMER_JOIN, think);
	} else {
		join(p, c);
	}
}

void sim_client_text(struct sim_process *p, struct sim_client *c, struct lp_str text)
{
	struct sim_packet packet = sim_packet_read(text);

	switch (packet.type) {
	case SIM_PACKET_OPEN:
		got_open(p, c, packet.body);
		break;
	case SIM_PACKET_PING:
		send_text(c, "3");
		break;
	case SIM_PACKET_CONNECT: /* engine.io 3 connects / by itself as well */
		if (c->state == SIM_ASKING && lp_str_eq(packet.namespace, namespace_of(p, c)))
			got_connect(p, c);
		break;
	case SIM_PACKET_ERROR:
		if (c->state == SIM_ASKING)
			refused(p, c);
		break;
	case SIM_PACKET_EVENT:
		if (sim_packet_is_event(&packet, LP_STR("push")))
			got_push(p, c, packet.body);
		break;
	case SIM_PACKET_ACK:
		got_answer(p, c, &packet);
		break;
	case SIM_PACKET_CLOSE:
	case SIM_PACKET_DISCONNECT:
	case SIM_PACKET_WRONG:
		sim_socket_kill(c);
		break;
	case SIM_PACKET_PONG:
	case SIM_PACKET_NOOP:
		break;
	}
}

static void due_push(struct sim_process *p, struct sim_client *c)
{
	if (c->pushing || phase(p) > SIM_RUNNING)
		return;
	if (phase(p) == SIM_RUNNING && c->state == SIM_JOINED)
		push(p, c);
	else
		later_within(p, c, SIM_TIMER_PUSH, p->plan->options->push_every);
}

static void due_leave(struct sim_process *p, struct sim_client *c)
{
	if (phase(p) > SIM_RUNNING)
		return;
	if (phase(p) < SIM_RUNNING || c->pushing) {
		later_within(p, c, SIM_TIMER_LEAVE, p->plan->options->reconnect_every);
		return;
	}
	end_stay(c);
	p->counts->online--;
	c->state = SIM_LEAVING;
	close_when_sent(c);
}

void sim_client_due(struct sim_process *p, struct sim_client *c, const struct sim_timer *timer)
{
	if (timer->life != c->life)
		return;
	switch ((enum sim_client_timer)timer->what) {
	case SIM_TIMER_CONNECT:
		if (c->state == SIM_AWAY)
			sim_client_connect(p, c);
		break;
	case SIM_TIMER_GIVE_UP:
		if (c->socket && c->state != SIM_JOINED && c->state != SIM_THINKING)
			sim_socket_kill(c);
		break;
	case SIM_TIMER_PING:
		send_text(c, "2");
		later(p, c, SIM_TIMER_PING, c->ping_interval, 0);
		break;
	case SIM_TIMER_JOIN:
		if (c->state == SIM_THINKING)
			join(p, c);
		break;
	case SIM_TIMER_PUSH:
		due_push(p, c);
		break;
	case SIM_TIMER_ACK:
		acknowledge(p, c, timer->argument);
		break;
	case SIM_TIMER_LEAVE:
		if (c->state == SIM_JOINED)
			due_leave(p, c);
		break;
	}
}
