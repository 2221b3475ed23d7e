/* The blocking client: what it answers while the server comes and goes, and how long that takes. */
#include "config.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/lp_log.h"
#include "common/lp_time.h"
#include "common/store/redis.h"
#include "common/store/script.h"
#include "tests/redis/redis_server.h"
#include "tests/unit/lp_test.h"

#define TIMEOUT_MS 1000
#define LATE_MS    10000 /* more than any machine holds us up */

static struct redis_server *server;
static struct settings settings;
static struct redis_shared *shared;

/* One command in words; the answer as text, or "unavailable". */
static const char *run(struct redis *r, const char *words)
{
	static char text[64];
	struct redis_args args = {0};
	struct redisReply *reply;
	char copy[64];

	snprintf(copy, sizeof(copy), "%s", words);
	for (char *save, *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		redis_args_addz(&args, w);
	if (redis_command(r, &args, &reply) != LP_OK)
		snprintf(text, sizeof(text), "unavailable");
	else if (redis_reply_nil(reply))
		snprintf(text, sizeof(text), "nil");
	else if (reply->type == REDIS_REPLY_INTEGER)
		snprintf(text, sizeof(text), "%d", (int)redis_reply_int(reply));
	else
		snprintf(text, sizeof(text), "%.*s", LP_FMT(redis_reply_str(reply)));
	redis_reply_free(reply);
	redis_args_clear(&args);
	return text;
}

#define RUN(r, words, want) CHECK_STR(LP_STR(words), lp_cstr(run(r, words)), lp_cstr(want))

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

/* Waits until the client says again that the server is there; how long that took. */
static uint64_t until_back(struct redis *r)
{
	uint64_t from = lp_mono_ms();

	while (lp_mono_ms() - from < LATE_MS && redis_ping(r) != LP_OK)
		pause_ms(5);
	return lp_mono_ms() - from;
}

static void test_commands(void)
{
	struct redis *r = redis_new(shared);

	RUN(r, "SET k v", "OK");
	RUN(r, "GET k", "v");
	RUN(r, "GET none", "nil");
	RUN(r, "INCR n", "1");
	RUN(r, "LPUSH k 1", "unavailable"); /* of another type: an error nobody expects */
	RUN(r, "GET k", "v");               /* and the connection goes on */
	redis_free(r);
}

/* Lines of the log since lp_log_open(). */
static size_t log_lines(const char *path)
{
	FILE *file = fopen(path, "re");
	size_t count = 0;

	for (int c; file && (c = fgetc(file)) != EOF;)
		count += c == '\n';
	if (file)
		fclose(file);
	return count;
}

/* Every push of a Redis without memory is refused: the log need not say so each time. */
static void test_refused_log(void)
{
	char path[] = "/tmp/light-push-test-XXXXXX";
	struct redis *r = redis_new(shared);
	int fd = mkstemp(path);

	CHECK(fd >= 0 && lp_log_open("test", path, LP_LOG_INFO, false) == LP_OK);
	RUN(r, "SET k v", "OK");
	for (int i = 0; i < 100; i++)
		RUN(r, "LPUSH k 1", "unavailable");
	CHECK(log_lines(path) == 1);
	lp_log_close();
	close(fd);
	unlink(path);
	redis_free(r);
}

static void test_pipeline(void)
{
	struct redis *r = redis_new(shared);
	struct redis_args commands[3] = {0};
	struct redisReply *replies[3];

	for (size_t i = 0; i < 3; i++) {
		redis_args_addz(&commands[i], "ECHO");
		redis_args_addi(&commands[i], (int64_t)i);
	}
	CHECK(redis_pipeline(r, commands, 3, replies) == LP_OK);
	for (size_t i = 0; i < 3; i++) {
		CHECK(redis_reply_int(replies[i]) == (int64_t)i);
		redis_reply_free(replies[i]);
	}
	/* One bad command spoils them all, and leaves no reply behind for the next call. */
	redis_args_addz(&commands[1], "too many");
	CHECK(redis_pipeline(r, commands, 3, replies) == LP_ESTORE);
	CHECK(!replies[0] && !replies[1] && !replies[2]);
	RUN(r, "ECHO x", "x");
	for (size_t i = 0; i < 3; i++)
		redis_args_clear(&commands[i]);
	redis_free(r);
}

/* ns_save: with a revision that is not there it answers STALE. */
static int save(struct redis *r, const char *rev, struct redisReply **reply)
{
	struct redis_args args = {0};
	int rc;

	redis_args_addz(&args, "lp:{/s}");
	redis_args_addz(&args, "lp:");
	redis_args_addz(&args, rev);
	redis_args_addz(&args, "/s");
	redis_args_addz(&args, "127.0.0.1");
	redis_args_addz(&args, "100");
	redis_args_addz(&args, "1");
	rc = redis_script(r, "ns_save", &args, reply);
	redis_args_clear(&args);
	return rc;
}

/* Several calls in one go: loaded when it must be, each with its own reply. */
static void test_calls(void)
{
	static const char *const revs[] = {"", "1", "", ""};
	struct redis_args calls[4] = {{.count = 0}};
	struct redis *r = redis_new(shared);
	struct redisReply *replies[4];

	for (int i = 0; i < 4; i++) {
		redis_args_addz(&calls[i], i == 2 ? "lp:{/text}" : "lp:{/s}");
		redis_args_addz(&calls[i], "lp:");
		redis_args_addz(&calls[i], revs[i]);
		redis_args_addz(&calls[i], "/s");
		redis_args_addz(&calls[i], "127.0.0.1");
		redis_args_addz(&calls[i], "100");
		redis_args_addz(&calls[i], "1");
	}
	RUN(r, "SET lp:{/text}:conf text", "OK"); /* the script fails on it */
	for (int i = 0; i < 2; i++) {
		if (i == 0)
			RUN(r, "SCRIPT FLUSH", "OK");
		CHECK(redis_scripts(r, "ns_save", calls, 4, replies) == LP_OK);
		CHECK(redis_reply_int(replies[0]) > 0);
		CHECK_STR(LP_STR("its own error"), redis_reply_error(replies[1]), LP_STR("STALE"));
		CHECK(replies[2] == NULL);
		CHECK(redis_reply_int(replies[3]) > redis_reply_int(replies[0]));
		for (int k = 0; k < 4; k++)
			redis_reply_free(replies[k]);
	}
	RUN(r, "DEL lp:{/text}:conf lp:{/s}:conf", "2");
	for (int i = 0; i < 4; i++)
		redis_args_clear(&calls[i]);
	redis_free(r);
}

static void test_scripts(void)
{
	struct redis *r = redis_new(shared);
	struct redisReply *reply;

	for (int i = 0; i < 2; i++) {
		RUN(r, "SCRIPT FLUSH", "OK");
		CHECK(save(r, "", &reply) == LP_OK);
		CHECK(redis_reply_int(reply) > 0);
		redis_reply_free(reply);
	}
	CHECK(save(r, "1", &reply) == LP_EINVAL);
	CHECK_STR(LP_STR("save"), redis_reply_error(reply), LP_STR("STALE"));
	redis_reply_free(reply);
	/* A script that fails in the middle is no answer of its own. */
	RUN(r, "DEL lp:{/s}:conf", "1");
	RUN(r, "SET lp:{/s}:conf text", "OK");
	CHECK(save(r, "", &reply) == LP_ESTORE && !reply);
	RUN(r, "DEL lp:{/s}:conf", "1");
	redis_free(r);
}

static void test_closed_while_idle(void)
{
	struct redis *r = redis_new(shared), *other = redis_new(shared);

	RUN(r, "SET i 0", "OK");
	RUN(other, "CLIENT KILL TYPE normal SKIPME yes", "1");
	pause_ms(20);
	RUN(r, "INCR i", "1"); /* nobody notices */
	redis_free(r);
	redis_free(other);
}

static void test_killed(void)
{
	struct redis *r = redis_new(shared), *other = redis_new(shared);
	uint64_t from;

	CHECK(redis_ping(r) == LP_OK);
	redis_server_kill(server);
	from = lp_mono_ms();
	for (int i = 0; i < 1000; i++)
		RUN(i % 2 ? r : other, "GET k", "unavailable");
	CHECK(lp_mono_ms() - from < TIMEOUT_MS);
	redis_server_again(server);
	CHECK(until_back(other) < LATE_MS);
	CHECK(redis_ping(r) == LP_OK);
	redis_free(r);
	redis_free(other);
}

static void test_frozen(void)
{
	struct redis *r = redis_new(shared), *other = redis_new(shared);
	uint64_t from;
	bool known = false;

	CHECK(redis_ping(r) == LP_OK);
	redis_server_freeze(server);
	from = lp_mono_ms();
	RUN(r, "GET k", "unavailable");
	CHECK(lp_mono_ms() - from >= TIMEOUT_MS - 20 && lp_mono_ms() - from < LATE_MS);
	/* From now on it is known: nobody waits, but for one probe at a time, which may be ours. */
	for (int i = 0; i < 5 && !known; i++) {
		from = lp_mono_ms();
		RUN(other, "GET k", "unavailable");
		known = lp_mono_ms() - from < TIMEOUT_MS - 20;
	}
	CHECK(known);
	redis_server_thaw(server);
	CHECK(until_back(r) < LATE_MS);
	RUN(r, "ECHO mine", "mine"); /* not the late reply to the command given up */
	redis_free(r);
	redis_free(other);
}

/* Each answer comes in time, all of them do not: the time is that of the call. */
static void test_slow_answers(void)
{
	static const char busy[] = "local function now() local t = redis.call('TIME') return t[1] "
				   "* 1000 + t[2] / 1000 end "
				   "local from = now() while now() < from + 450 do end return 1";
	static char padding[64 * 1024]; /* so that Redis takes and answers them one by one */
	struct redis *r = redis_new(shared);
	struct redis_args commands[4] = {{.count = 0}};
	struct redisReply *replies[4];

	memset(padding, 'x', sizeof(padding));
	for (size_t i = 0; i < 4; i++) {
		redis_args_addz(&commands[i], "EVAL");
		redis_args_addz(&commands[i], busy);
		redis_args_addz(&commands[i], "0");
		redis_args_add(&commands[i], lp_str(padding, sizeof(padding)));
	}
	CHECK(redis_pipeline(r, commands, 4, replies) == LP_ESTORE);
	CHECK(until_back(r) < LATE_MS);
	RUN(r, "ECHO mine", "mine");
	for (size_t i = 0; i < 4; i++)
		redis_args_clear(&commands[i]);
	redis_free(r);
}

static void test_password(void)
{
	struct settings s = settings;
	struct redis_shared *wrong;
	struct redis *r = redis_new(shared), *bad, *good;

	RUN(r, "CONFIG SET requirepass secret", "OK");
	s.redis_password = (char[]){"nonsense"};
	wrong = redis_shared_new(&s);
	bad = redis_new(wrong);
	CHECK(redis_ping(bad) == LP_ESTORE);
	redis_free(bad);
	redis_shared_free(wrong);

	s.redis_password = (char[]){"secret"};
	s.redis_db = 3;
	wrong = redis_shared_new(&s);
	good = redis_new(wrong);
	RUN(good, "SET only-in-3 x", "OK");
	RUN(r, "GET only-in-3", "nil");
	redis_free(good);
	redis_shared_free(wrong);

	redis_free(r);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"commands", test_commands},
		{"refused log", test_refused_log},
		{"pipeline", test_pipeline},
		{"scripts", test_scripts},
		{"calls", test_calls},
		{"closed while idle", test_closed_while_idle},
		{"killed", test_killed},
		{"frozen", test_frozen},
		{"slow answers", test_slow_answers},
		{"password", test_password},
	};
	int status;

	server = redis_server_start();
	scripts_init();
	settings_init(&settings);
	free(settings.redis_address);
	settings.redis_address = strdup(redis_server_address(server));
	settings.redis_timeout = TIMEOUT_MS;
	shared = redis_shared_new(&settings);
	status = lp_test_main("redis", tests, COUNT(tests));
	redis_shared_free(shared);
	settings_clear(&settings);
	redis_server_stop(server);
	return status;
}
