#include "config.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/lp_hash.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "tests/simulator/sim_process.h"
#include "tests/simulator/sim_push_log.h"
#include "tests/simulator/sim_rest.h"
#include "tests/simulator/sim_stamp.h"

#define SECOND  UINT64_C(1000000)
#define TIMEOUT 30L /* s, for an answer */

/* How many pushes a lane has made to a room. */
struct sent {
	UT_hash_handle hh;
	uint32_t room, count;
};

struct lane {
	CURL *curl;
	struct sent *sent;
	struct lp_buf body, login, answer;
	struct sim_push push;
	bool busy;
};

struct rest {
	const struct sim_plan *plan;
	struct sim_shared *shared;
	struct sim_counts *counts;
	struct sim_push_writer pushes;
	CURLM *multi;
	struct curl_slist *headers;
	struct lane *lanes;
	unsigned lane_count, busy;
	uint64_t began, made;
};

/* The answer is short; more than that is not kept. */
static size_t take_answer(char *data, size_t size, size_t n, void *user)
{
	struct lane *lane = user;

	if (lane->answer.len + n <= 4096)
		lp_buf_add(&lane->answer, data, n);
	return size * n;
}

static void make_lane(struct rest *r, struct lane *lane)
{
	struct lp_buf url = {0};

	lp_buf_addf(&url, "%s/api/auth/push", r->plan->options->rest_url);
	lane->curl = curl_easy_init();
	curl_easy_setopt(lane->curl, CURLOPT_URL, url.data);
	curl_easy_setopt(lane->curl, CURLOPT_HTTPHEADER, r->headers);
	curl_easy_setopt(lane->curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(lane->curl, CURLOPT_TIMEOUT, TIMEOUT);
	curl_easy_setopt(lane->curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(lane->curl, CURLOPT_WRITEFUNCTION, take_answer);
	curl_easy_setopt(lane->curl, CURLOPT_WRITEDATA, lane);
	curl_easy_setopt(lane->curl, CURLOPT_PRIVATE, lane);
	if (r->plan->options->insecure) {
		curl_easy_setopt(lane->curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(lane->curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	lp_buf_clear(&url);
}

static void clear_lane(struct lane *lane)
{
	struct sent *sent, *next;

	HASH_ITER(hh, lane->sent, sent, next)
	{
		HASH_DEL(lane->sent, sent);
		free(sent);
	}
	curl_easy_cleanup(lane->curl);
	lp_buf_clear(&lane->body);
	lp_buf_clear(&lane->login);
	lp_buf_clear(&lane->answer);
}

static uint32_t next_number(struct lane *lane, uint32_t room)
{
	struct sent *sent;

	HASH_FIND(hh, lane->sent, &room, sizeof(room), sent);
	if (!sent) {
		sent = lp_xcalloc(1, sizeof(*sent));
		sent->room = room;
		HASH_ADD(hh, lane->sent, room, sizeof(room), sent);
	}
	return ++sent->count;
}

static void begin_push(struct rest *r, struct lane *lane)
{
	const struct sim_options *o = r->plan->options;
	uint32_t room = sim_plan_target(r->plan, sim_random((uint64_t)o->seed, r->made, SIM_LANE));
	struct sim_stamp stamp = {.run = r->plan->run,
				  .room = room,
				  .sender = SIM_LANE | (uint32_t)(lane - r->lanes),
				  .number = next_number(lane, room),
				  .sent = lp_mono_us()};

	lane->push = (struct sim_push){
		.room = room, .sender = stamp.sender, .number = stamp.number, .sent = stamp.sent};
	lp_buf_reset(&lane->body);
	lp_buf_addz(&lane->body, "{\"room\":\"");
	sim_plan_room_name(r->plan, room, &lane->body);
	lp_buf_addz(&lane->body, "\",\"pushData\":");
	sim_stamp_write(&stamp, (uint64_t)o->push_size, &lane->body);
	lp_buf_addc(&lane->body, '}');
	lp_buf_reset(&lane->login);
	lp_buf_addf(&lane->login, "%s:%s", sim_plan_room_namespace(r->plan, room), o->password);
	lp_buf_reset(&lane->answer);
	curl_easy_setopt(lane->curl, CURLOPT_USERPWD, lane->login.data);
	curl_easy_setopt(lane->curl, CURLOPT_POSTFIELDSIZE, (long)lane->body.len);
	curl_easy_setopt(lane->curl, CURLOPT_POSTFIELDS, lane->body.data);
	curl_multi_add_handle(r->multi, lane->curl);
	lane->busy = true;
	r->busy++;
	r->made++;
}

/* Of the first push that is not accepted, why: else nobody knows what is wrong. */
static void explain(const struct rest *r, const struct lane *lane, CURLcode code, long status)
{
	if (r->counts->count[SIM_PUSHES_REFUSED] || r->counts->count[SIM_PUSHES_UNKNOWN])
		return;
	if (code)
		fprintf(stderr, "light-push-sim: a push failed: %s\n", curl_easy_strerror(code));
	else
		fprintf(stderr, "light-push-sim: a push was answered with %ld %.*s\n", status,
			LP_FMT(lp_buf_str(&lane->answer)));
}

static void end_push(struct rest *r, struct lane *lane, CURLcode code)
{
	enum sim_count what = SIM_PUSHES;
	long status = 0;

	curl_easy_getinfo(lane->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_multi_remove_handle(r->multi, lane->curl);
	lane->push.done = lp_mono_us();
	lane->push.outcome = SIM_PUSH_ACCEPTED;
	if (code || status >= 500) {
		lane->push.outcome = SIM_PUSH_UNKNOWN;
		what = SIM_PUSHES_UNKNOWN;
	} else if (status != 200) {
		lane->push.outcome = SIM_PUSH_REFUSED;
		what = SIM_PUSHES_REFUSED;
	}
	if (what != SIM_PUSHES)
		explain(r, lane, code, status);
	sim_push_writer_add(&r->pushes, &lane->push);
	sim_histogram_add(&r->counts->duration[SIM_PUSH_TIME], lane->push.done - lane->push.sent);
	sim_count(r->counts, what, 1);
	lane->busy = false;
	r->busy--;
}

static bool all_made(const struct rest *r)
{
	uint64_t count = (uint64_t)r->plan->options->rest_count;

	return count && r->made >= count;
}

/* Begins those that are due on lanes that are free; returns how long nothing is due, ms. */
static int begin_due(struct rest *r)
{
	double rate = r->plan->options->rest_rate;

	for (unsigned i = 0; i < r->lane_count && !all_made(r); i++) {
		uint64_t now = lp_mono_us(), due = now;

		if (rate > 0)
			due = r->began + (uint64_t)((double)(r->made * SECOND) / rate);

		if (due > now)
			return due - now < 50000 ? (int)((due - now) / 1000) : 50;
		if (!r->lanes[i].busy)
			begin_push(r, &r->lanes[i]);
	}
	return 50;
}

static void push_all(struct rest *r)
{
	r->began = lp_mono_us();
	for (;;) {
		bool more = atomic_load(&r->shared->phase) == SIM_RUNNING && !all_made(r);
		int wait = more ? begin_due(r) : 50, left;
		CURLMsg *message;

		curl_multi_perform(r->multi, &left);
		while ((message = curl_multi_info_read(r->multi, &left))) {
			struct lane *lane;

			if (message->msg != CURLMSG_DONE)
				continue;
			curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &lane);
			end_push(r, lane, message->data.result);
			wait = 0;
		}
		if (!more && !r->busy)
			return;
		curl_multi_poll(r->multi, NULL, 0, wait, NULL);
	}
}

static void wait_until(const struct rest *r, int phase)
{
	struct timespec pause = {.tv_nsec = 10000000};

	while (atomic_load(&r->shared->phase) < phase)
		nanosleep(&pause, NULL);
}

int sim_rest_run(const struct sim_plan *plan, struct sim_shared *shared, struct sim_counts *counts,
		 int push_log)
{
	struct rest r = {.plan = plan,
			 .shared = shared,
			 .counts = counts,
			 .pushes = {.fd = push_log},
			 .lane_count = (unsigned)plan->options->rest_lanes};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	r.multi = curl_multi_init();
	curl_multi_setopt(r.multi, CURLMOPT_MAXCONNECTS, (long)r.lane_count);
	r.headers = curl_slist_append(NULL, "Content-Type: application/json");
	r.lanes = lp_xcalloc(r.lane_count, sizeof(*r.lanes));
	for (unsigned i = 0; i < r.lane_count; i++)
		make_lane(&r, &r.lanes[i]);
	wait_until(&r, SIM_RUNNING);
	push_all(&r);
	sim_push_writer_flush(&r.pushes);
	counts->cpu = sim_process_cpu();
	atomic_store(&counts->idle, 1);
	wait_until(&r, SIM_CLOSING);
	for (unsigned i = 0; i < r.lane_count; i++)
		clear_lane(&r.lanes[i]);
	free(r.lanes);
	curl_slist_free_all(r.headers);
	curl_multi_cleanup(r.multi);
	curl_global_cleanup();
	return 0;
}
