/* Reports of what was pushed and what came of it, against a real Redis. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "tests/redis/api_fixture.h"

#define STAT "/api/auth/namespace/message-stat"

static void zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

/* Puts counters there as lib/stat.lua does; time: s since 1970. */
static void count(int64_t time, const char *what, int n)
{
	command("HINCRBY " B ":stat:%lld %s%lld %d", (long long)(time / 86400), what,
		(long long)(time % 86400 / 900), n);
	command("HINCRBY " B ":stat-minute:%lld %s%lld %d", (long long)(time / 86400), what,
		(long long)(time % 86400 / 60), n);
}

/* Member `name` of element `index` of the list. */
static const char *of_list(const char *answer, int index, const char *name)
{
	static char text[64];
	struct lp_buf list = {0};

	lp_buf_addz(&list, "200 ");
	lp_buf_addz(&list, member(answer, 0, "list"));
	snprintf(text, sizeof(text), "%s", member(list.data, index, name));
	lp_buf_clear(&list);
	return text;
}

static int entries(const char *answer)
{
	int n = 0;

	for (const char *p = answer; (p = strstr(p, "\"time\"")); p++)
		n++;
	return n;
}

static void test_current(void)
{
	static const char url[] = "/api/auth/namespace/current-message-stat";

	zone("IST-5:30");
	fresh();
	EXPECT("none", get(OWNER, url),
	       "200 {\"currMinuteMessageCount\":0,\"currHourMessageCount\":0,"
	       "\"currDateMessageCount\":0}");
	post(OWNER, "/api/auth/push", "{\"room\":\"r\",\"pushData\":{}}");
	post(OWNER, "/api/auth/push", "{\"room\":\"r\",\"pushData\":{},\"extra\":\"lost\"}");
	post(OWNER, "/api/auth/push", "{\"room\":\"r\"}");
	/* the day may end between these lines */
	EXPECT("two",
	       command_text("EVAL %s 0",
			    "local n = 0 for _, key in ipairs(redis.call('KEYS', '" B
			    ":stat:*')) do for _, v in ipairs(redis.call('HVALS', key)) "
			    "do n = n + v end end return n"),
	       "2");
	command("EVAL %s 0", "for _, key in ipairs(redis.call('KEYS', '" B ":stat*')) do "
			     "local fields = redis.call('HKEYS', key) "
			     "redis.call('HSET', key, fields[1], "
			     "string.find(key, 'minute') and 7 or 9) end");
	CHECK(strstr(get(OWNER, url), "\"currMinuteMessageCount\":7,") ||
	      time(NULL) % 60 < 10); /* or the minute is over */
	CHECK(strstr(get(OWNER, url), "\"currDateMessageCount\":9}") != NULL ||
	      time(NULL) % 1800 < 10);
	other_begin();
	EXPECT("of its own", member(get(OTHER, url), 0, "currDateMessageCount"), "0");
	other_end();
	zone("UTC0");
}

static void test_errors(void)
{
	static const struct {
		const char *query, *field;
	} rows[] = {
		{"by=week", "\"by\""},
		{"by[]=day", "\"by\""},
		{"from=yesterday", "\"from\""},
		{"from=-1", "\"from\""},
		{"from[a]=1", "\"from\""},
		{"from=2026-02-30", "\"from\""},
		{"to=2026-11-23T25:00", "\"to\""},
		{"to=99999999999999999999", "\"to\""},
		{"from=2026-11-23&to=2026-11-23", "\"to\""},
		{"from=2026-11-23&to=2026-11-22", "\"to\""},
		{"from=2026-01-01&to=2026-03-04T12:00:01&by=hour", "\"from\""},
		{"from=0&by=minute", "\"from\""},
		{"from=0&to=253402300799000&by=day", "\"from\""},
	};

	fresh();
	zone("UTC0");
	for (size_t i = 0; i < COUNT(rows); i++) {
		char url[160];

		snprintf(url, sizeof(url), STAT "?%s", rows[i].query);
		EXPECT(rows[i].query, member(get(OWNER, url), 0, "field"), rows[i].field);
		EXPECT(rows[i].query, member(get(OWNER, url), 0, "error"), "\"param_invalid\"");
	}
	CHECK(entries(get(OWNER, STAT "?from=2026-01-01&to=2026-03-04T12:00&by=hour")) == 1500);
	CHECK(entries(get(OWNER, STAT)) == 25 || entries(get(OWNER, STAT)) == 24);
}

/* Days of 23 and of 25 hours, in the recent past, since old counters are gone. */
static void test_zone(void)
{
	/* summer time begins today in this one, at 2, and ended yesterday in that one */
	int64_t today = (int64_t)(lp_wall_ms() / 1000) / 86400 * 86400, at = today - 86400;
	time_t day = (time_t)at;
	char *answer, url[200], name[64];
	struct tm tm;

	gmtime_r(&day, &tm);
	/* day of the year, from 0 on: leaves summer time at 3, that is at 1 in UTC */
	snprintf(name, sizeof(name), "AAA-1BBB,%d/0,%d/3", tm.tm_yday ? tm.tm_yday - 1 : 300,
		 tm.tm_yday);
	fresh();
	other_begin();
	zone(name);
	count(at, "p", 1);          /* 2:00 +02:00 */
	count(at + 3540, "p", 2);   /* 2:59 +02:00 */
	count(at + 3600, "p", 4);   /* 2:00 +01:00 */
	count(at - 7201, "p", 100); /* the day before */
	count(at - 7200, "p", 8);   /* 0:00 +02:00 */
	count(at - 7200, "o", 16);
	count(at, "w", 32);
	count(at, "i", 64);
	count(at, "a", 128);
	count(at + 82800, "p", 1000); /* the next day */
	snprintf(url, sizeof(url), STAT "?by=day&from=%lld&to=%lld", (long long)at * 1000,
		 (long long)at * 1000 + 1);
	answer = lp_xstrdup(get(OWNER, url));
	CHECK(entries(answer) == 1);
	EXPECT("day", of_list(answer, 0, "pushed"), "15");
	EXPECT("day", of_list(answer, 0, "online"), "16");
	EXPECT("day", of_list(answer, 0, "ack"), "224");
	EXPECT("day", of_list(answer, 0, "ackWeb"), "32");
	EXPECT("day", of_list(answer, 0, "ackIOS"), "64");
	EXPECT("day", of_list(answer, 0, "ackAndroid"), "128");
	free(answer);
	snprintf(url, sizeof(url), STAT "?by=hour&from=%lld&to=%lld", (long long)(at - 7200) * 1000,
		 (long long)(at + 82800) * 1000);
	answer = lp_xstrdup(get(OWNER, url));
	CHECK(entries(answer) == 25);
	EXPECT("first", of_list(answer, 0, "pushed"), "8");
	CHECK(strstr(of_list(answer, 0, "time"), "T00:00:00+02:00") != NULL);
	EXPECT("none", of_list(answer, 1, "pushed"), "0");
	EXPECT("two", of_list(answer, 2, "pushed"), "3");
	CHECK(strstr(of_list(answer, 2, "time"), "T02:00:00+02:00") != NULL);
	EXPECT("two again", of_list(answer, 3, "pushed"), "4");
	CHECK(strstr(of_list(answer, 3, "time"), "T02:00:00+01:00") != NULL);
	CHECK(strstr(of_list(answer, 24, "time"), "T23:00:00+01:00") != NULL);
	free(answer);
	snprintf(url, sizeof(url), STAT "?by=minute&from=%lld&to=%lld",
		 (long long)(at - 7201) * 1000, (long long)(at + 3601) * 1000);
	answer = lp_xstrdup(get(OWNER, url));
	CHECK(entries(answer) == 182);
	EXPECT("minute", of_list(answer, 0, "pushed"), "100");
	EXPECT("minute", of_list(answer, 1, "pushed"), "8");
	EXPECT("minute", of_list(answer, 121, "pushed"), "1");
	EXPECT("minute", of_list(answer, 180, "pushed"), "2");
	EXPECT("minute", of_list(answer, 181, "pushed"), "4");
	free(answer);
	zone("UTC0");
	other_end();
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"current", test_current},
		{"errors", test_errors},
		{"zone", test_zone},
	};

	return fixture_main("api stat", tests, COUNT(tests));
}
