/*
 * Pushes on a real Redis: one message for several rooms, batches, requests that come again, and the
 * limit of a namespace.
 */
#include "config.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>

#include "common/store/script.h"
#include "tests/redis/api_fixture.h"

#define PUSH  "/api/auth/push"
#define BATCH "/api/auth/push/batch"
#define ONE   "{\"room\":\"r\",\"pushData\":{}}"

#define ERROR_OBJECT(msg, slug, field)                                                             \
	"{\"code\":9999,\"msg\":\"" msg "\",\"error\":\"" slug "\",\"field\":\"" field "\"}"
#define LIMITED "{\"code\":9999,\"msg\":\"rate limit exceeded\",\"error\":\"rate_limited\"}"
#define REUSED                                                                                     \
	"422 " ERROR_OBJECT("idempotency_key came with another request before",                    \
			    "idempotency_key_reused", "idempotency_key")
#define BAD_KEY                                                                                    \
	"400 " ERROR_OBJECT("idempotency_key must be 1 to 128 visible ASCII characters",           \
			    "idempotency_key_invalid", "idempotency_key")

static void limit(const char *rate)
{
	char body[100];

	snprintf(body, sizeof(body), "{\"key\":\"/d\",\"limit_pushes_per_second\":%s}", rate);
	EXPECT(body, post(ADMIN, "/api/admin/namespace/save", body), "200 {}");
}

/* --- rooms --- */

static void test_rooms(void)
{
	fresh();
	online("a", "web", "1", "r1");
	online("a", "web", "1", "r2");
	EXPECT("push",
	       post(OWNER, PUSH,
		    "{\"rooms\":[\"r2\",\"none\",\"r1\",\"r2\"],\"room\":\"r1\",\"pushData\":{}}"),
	       "200 {\"id\":1}");
	EXPECT("one entry for the connector", command_text("HGET lp:inbox-seq c1.1"), "2");
	EXPECT("of that",
	       command_text("EVAL %s 1 lp:inbox:c1.1",
			    "local f = redis.call('XREVRANGE', KEYS[1], '+', '-')[1][2] "
			    "return f[1] .. f[2] .. f[5] .. f[6] .. f[13] .. f[14]"),
	       "kpushrr1o[\"r2\",\"none\"]");
	EXPECT("of the log",
	       command_text("EVAL %s 1 " B ":log",
			    "local f = redis.call('XRANGE', KEYS[1], '-', '+')[1][2] "
			    "return f[1] .. f[2] .. f[9] .. f[10]"),
	       "rr1o[\"r2\",\"none\"]");
	EXPECT("room", member(get(OWNER, "/api/auth/report/push/1"), 0, "room"), "\"r1\"");
	EXPECT("rooms", member(get(OWNER, "/api/auth/report/push/1"), 0, "rooms"),
	       "\"[\\\"r1\\\",\\\"r2\\\",\\\"none\\\"]\"");
}

/* An ack that comes late counts by any of the rooms. */
static void test_rooms_ack(void)
{
	fresh();
	online("a", "web", "1", "r2");
	online("b", "web", "1", "r3");
	post(OWNER, PUSH, "{\"rooms\":[\"r1\",\"r2\"],\"pushData\":{}}");
	EXPECT("member",
	       command_text("EVAL %s 1 " B " 1 web /d#a#web-1", script_get("ack_late")->text), "1");
	EXPECT("not one",
	       command_text("EVAL %s 1 " B " 1 web /d#b#web-1", script_get("ack_late")->text), "0");
	EXPECT("count", member(get(OWNER, "/api/auth/report/push/1"), 0, "ackCount"), "\"1\"");
}

static void test_rooms_refused(void)
{
#define ROOMS_INVALID                                                                              \
	"400 " ERROR_OBJECT("rooms must be an array of room names, 3 at most", "rooms_invalid",    \
			    "rooms")
	static const struct {
		const char *body, *want;
	} rows[] = {
		{"{\"rooms\":\"r\",\"pushData\":{}}", ROOMS_INVALID},
		{"{\"rooms\":{},\"pushData\":{}}", ROOMS_INVALID},
		{"{\"rooms\":[\"a\",1],\"pushData\":{}}", ROOMS_INVALID},
		{"{\"rooms\":[\"a\",null],\"pushData\":{}}", ROOMS_INVALID},
		{"{\"rooms\":[\"a\",\"\"],\"pushData\":{}}", ROOMS_INVALID},
		{"{\"rooms\":[\"a b\"],\"pushData\":{}}", ROOMS_INVALID},
		{"{\"rooms\":[\"a\",\"b\",\"c\",\"d\"],\"pushData\":{}}", ROOMS_INVALID},
		{"{\"room\":\"d\",\"rooms\":[\"a\",\"b\",\"c\"],\"pushData\":{}}", ROOMS_INVALID},
		{"{\"rooms\":[],\"pushData\":{}}",
		 "400 " ERROR_OBJECT("room can not be empty", "room_empty", "room")},
		{"{\"room\":\"a b\",\"rooms\":[\"a\"],\"pushData\":{}}",
		 "400 " ERROR_OBJECT("room invalid", "room_invalid", "room")},
		{"{\"room\":\"a\",\"rooms\":[\"a\",\"b\",\"c\"],\"pushData\":{}}",
		 "200 {\"id\":1}"},
	};

	fresh();
	fixture.settings.push_max_rooms = 3;
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(rows[i].body, post(OWNER, PUSH, rows[i].body), rows[i].want);
	fixture.settings.push_max_rooms = 100;
}

/* --- batches --- */

static void test_batch(void)
{
	static const char body[] =
		"{\"messages\":[" ONE ",{\"room\":\"a b\",\"pushData\":{}}, "
		"{\"room\":\"s\",\"pushData\":{\"n\": 1.0}} ,{\"room\":\"r\"},null,"
		"{\"room\":\"r\",\"pushData\":{},\"expire\":\"x\"}]}";

	fresh();
	online("a", "web", "1", "s");
	EXPECT("batch", post(OWNER, BATCH, body),
	       "200 {\"results\":[{\"id\":1}," ERROR_OBJECT("room invalid", "room_invalid", "room") ",{\"id\":2}," ERROR_OBJECT(
		       "pushData can not be empty and must be an Object", "push_data_invalid",
		       "pushData") "," ERROR_OBJECT("room can not be empty", "room_empty",
						    "room") "," ERROR_OBJECT("expire invalid",
									     "expire_invalid",
									     "expire") "]}");
	EXPECT("as written", command_text("HGET " B ":msg:2 pushData"), "{\"n\": 1.0}");
	EXPECT("delivered", command_text("HGET lp:inbox-seq c1.1"), "2");
	EXPECT("listed", command_text("LINDEX " B ":msgs 0"), "2");
	EXPECT("counted",
	       member(get(OWNER, "/api/auth/namespace/current-message-stat"), 0,
		      "currDateMessageCount"),
	       "2");
	EXPECT("a form",
	       api_request(API_POST, OWNER, BATCH, "application/x-www-form-urlencoded",
			   "messages[0][room]=r&messages[0][pushData][a]=b"),
	       "200 {\"results\":[{\"id\":3}]}");
	EXPECT("of the form", command_text("HGET " B ":msg:3 pushData"), "{\"a\":\"b\"}");
}

static void test_batch_refused(void)
{
#define MESSAGES_INVALID                                                                           \
	"400 " ERROR_OBJECT("messages must be an array of 1 to 1000 pushes", "messages_invalid",   \
			    "messages")
	static const char one[] = "{\"messages\":[" ONE "]}";
	static const char *const bodies[] = {"{}", "[" ONE "]", "{\"messages\":[]}",
					     "{\"messages\":{}}", "{\"messages\":\"x\"}"};
	struct lp_buf text = {0};

	fresh();
	for (size_t i = 0; i < COUNT(bodies); i++)
		EXPECT(bodies[i], post(OWNER, BATCH, bodies[i]), MESSAGES_INVALID);
	lp_buf_addz(&text, "{\"messages\":[" ONE);
	for (int i = 0; i < 1000; i++)
		lp_buf_addz(&text, "," ONE);
	lp_buf_addz(&text, "]}");
	EXPECT("1001", post(OWNER, BATCH, text.data), MESSAGES_INVALID);
	EXPECT("nothing stored", command_text("EXISTS " B ":seq"), "0");
	EXPECT("stranger", msg_of(post("Basic L2Q6cHc6Mg==", BATCH, "{}")), "401 passwd error");
	post(ADMIN, "/api/admin/namespace/save", "{\"key\":\"/d\",\"offline\":\"on\"}");
	EXPECT("offline", msg_of(post(OWNER, BATCH, one)), "400 this namespace offline");
	EXPECT("offline, none good", msg_of(post(OWNER, BATCH, "{\"messages\":[1]}")),
	       "400 this namespace offline");
	lp_buf_clear(&text);
}

/* More than one call of the script, one that is not loaded, and settings that have changed. */
static void test_batch_large(void)
{
	struct lp_buf text = {0};
	const char *answer;

	lp_buf_addz(&text, "{\"messages\":[" ONE);
	for (int i = 1; i < 1000; i++)
		lp_buf_addz(&text, i % 100 ? "," ONE : ",7");
	lp_buf_addz(&text, "]}");
	fresh();
	post(OWNER, PUSH, ONE);
	post(ADMIN, "/api/admin/namespace/save", "{\"key\":\"/d\",\"name\":\"other\"}");
	command("SCRIPT FLUSH");
	answer = post(OWNER, BATCH, text.data);
	CHECK(lp_str_starts(lp_cstr(answer), LP_STR("200 {\"results\":[{\"id\":2},{\"id\":3},")));
	CHECK(strstr(answer, "{\"id\":100},{\"id\":101},{\"code\":9999,"));
	CHECK(strstr(answer, "{\"id\":991},{\"id\":992}]}"));
	EXPECT("stored", command_text("LLEN " B ":msgs"), "992");
	EXPECT("new password",
	       post(ADMIN, "/api/admin/namespace/save",
		    "{\"key\":\"/d\",\"auth_passwd\":\"pw:2\"}"),
	       "200 {}");
	EXPECT("old one", msg_of(post(OWNER, BATCH, text.data)), "401 passwd error");
	EXPECT("stored", command_text("LLEN " B ":msgs"), "992");
	lp_buf_clear(&text);
}

/* --- requests that come again --- */

static void test_again(void)
{
	static const char first[] = "{\"room\":\"r\",\"pushData\":{},\"idempotency_key\":\"k\"}";
	static const char other[] = "{\"room\":\"q\",\"pushData\":{},\"idempotency_key\":\"k\"}";

	fresh();
	online("a", "web", "1", "r");
	EXPECT("first", post(OWNER, PUSH, first), "200 {\"id\":1}");
	EXPECT("again", post(OWNER, PUSH, first), "200 {\"id\":1}");
	EXPECT("delivered once", command_text("HGET lp:inbox-seq c1.1"), "2");
	EXPECT("counted once", command_text("LLEN " B ":msgs"), "1");
	EXPECT("another request", post(OWNER, PUSH, other), REUSED);
	EXPECT("remembered for", command_text("TTL " B ":sent:k"), "600");
	fixture.idempotency_key = "h";
	EXPECT("the header is stronger", post(OWNER, PUSH, first), "200 {\"id\":2}");
	EXPECT("again", post(OWNER, PUSH, first), "200 {\"id\":2}");
	fixture.idempotency_key = NULL;
	command("DEL " B ":sent:k");
	EXPECT("forgotten", post(OWNER, PUSH, other), "200 {\"id\":3}");
	EXPECT("a form",
	       api_request(API_POST, OWNER, PUSH, "application/x-www-form-urlencoded",
			   "room=r&pushData[a]=1&idempotency_key=f"),
	       "200 {\"id\":4}");
	EXPECT("another form",
	       api_request(API_POST, OWNER, PUSH, "application/x-www-form-urlencoded",
			   "room=r&pushData[a]=2&idempotency_key=f"),
	       REUSED);
}

static void test_keys(void)
{
	static const char *const bad[] = {"", "a b", "a\\u0000", "\\u00e4", "\\n", "\\u007f"};
	char body[400], key[140];

	fresh();
	for (size_t i = 0; i < COUNT(bad); i++) {
		snprintf(body, sizeof(body),
			 "{\"room\":\"r\",\"pushData\":{},\"idempotency_key\":\"%s\"}", bad[i]);
		EXPECT(body, post(OWNER, PUSH, body), BAD_KEY);
	}
	EXPECT("no text",
	       post(OWNER, PUSH, "{\"room\":\"r\",\"pushData\":{},\"idempotency_key\":7}"),
	       BAD_KEY);
	EXPECT("null is none",
	       post(OWNER, PUSH, "{\"room\":\"r\",\"pushData\":{},\"idempotency_key\":null}"),
	       "200 {\"id\":1}");
	memset(key, '~', sizeof(key));
	key[129] = '\0';
	fixture.idempotency_key = key;
	EXPECT("too long", post(OWNER, PUSH, ONE), BAD_KEY);
	EXPECT("of a batch", post(OWNER, BATCH, "{\"messages\":[" ONE "]}"), BAD_KEY);
	key[128] = '\0';
	EXPECT("long", post(OWNER, PUSH, ONE), "200 {\"id\":2}");
	fixture.idempotency_key = NULL;
}

static void test_batch_again(void)
{
	static const char body[] = "{\"messages\":[" ONE ",1," ONE "," ONE "]}";
	static const char want[] = "200 {\"results\":[{\"id\":1}," ERROR_OBJECT(
		"room can not be empty", "room_empty", "room") ",{\"id\":2},{\"id\":3}]}";

	fresh();
	online("a", "web", "1", "r");
	fixture.idempotency_key = "k";
	EXPECT("first", post(OWNER, BATCH, body), want);
	EXPECT("again", post(OWNER, BATCH, body), want);
	EXPECT("delivered once", command_text("HGET lp:inbox-seq c1.1"), "4");
	EXPECT("another", post(OWNER, BATCH, "{\"messages\":[" ONE "]}"), REUSED);
	EXPECT("a single one", post(OWNER, PUSH, ONE), REUSED);
	/* as if the first time had ended after two of them; the rest is new, and late */
	command("HDEL " B ":sent:k 3");
	command("EXPIRE " B ":sent:k 5");
	EXPECT("the rest", post(OWNER, BATCH, body),
	       "200 {\"results\":[{\"id\":1}," ERROR_OBJECT("room can not be empty", "room_empty",
							    "room") ",{\"id\":2},{\"id\":4}]}");
	EXPECT("delivered", command_text("HGET lp:inbox-seq c1.1"), "5");
	EXPECT("does not end in the middle", command_text("TTL " B ":sent:k"), "60");
	fixture.idempotency_key = NULL;
}

/* --- the limit --- */

/* The bucket holds one second's worth; who asks for several at once gets as many as there are. */
static void test_limit(void)
{
	static const char batch[] = "{\"messages\":[" ONE "," ONE ",{\"room\":\"a b\"}," ONE "]}";

	fresh();
	online("a", "web", "1", "r");
	limit("2");
	EXPECT("as many as there are", post(OWNER, BATCH, batch),
	       "200 {\"results\":[{\"id\":1},{\"id\":2}," ERROR_OBJECT(
		       "room invalid", "room_invalid", "room") "," LIMITED "]}");
	EXPECT("of these the rest", command_text("HGET lp:inbox-seq c1.1"), "3");
	/* emptied for good */
	command("SET " B ":pushing 99999999999999999");
	EXPECT("none left", post(OWNER, PUSH, ONE), "429 " LIMITED);
	EXPECT("none left", post(OWNER, BATCH, "{\"messages\":[" ONE "]}"),
	       "200 {\"results\":[" LIMITED "]}");
	EXPECT("in use", member(get(OWNER, "/api/auth/namespace"), 0, "use"),
	       "{\"clients\":1,\"pushes_per_second\":2,\"bytes_per_second\":0}");
	EXPECT("nothing written", command_text("GET " B ":seq"), "2");
	EXPECT("not stored", command_text("EXISTS " B ":msg:3"), "0");
	limit("0");
	EXPECT("in use", member(get(OWNER, "/api/auth/namespace"), 0, "use"),
	       "{\"clients\":1,\"pushes_per_second\":0,\"bytes_per_second\":0}");
	EXPECT("no limit", post(OWNER, PUSH, ONE), "200 {\"id\":3}");
}

/* What is only repeated is not counted, and what was refused may be asked for again. */
static void test_limit_again(void)
{
	static const char batch[] = "{\"messages\":[" ONE "," ONE "]}";

	fresh();
	limit("1");
	fixture.idempotency_key = "k";
	EXPECT("first", post(OWNER, BATCH, batch), "200 {\"results\":[{\"id\":1}," LIMITED "]}");
	command("SET " B ":pushing 99999999999999999");
	EXPECT("again", post(OWNER, BATCH, batch), "200 {\"results\":[{\"id\":1}," LIMITED "]}");
	command("DEL " B ":pushing");
	fixture_forget_rates();
	EXPECT("later", post(OWNER, BATCH, batch), "200 {\"results\":[{\"id\":1},{\"id\":2}]}");
	fixture.idempotency_key = NULL;
}

/* A process that was told so refuses by itself, until one more may be allowed. */
static void test_limit_known(void)
{
	static const char batch[] = "{\"messages\":[" ONE ",{\"room\":\"a b\"}," ONE "]}";
	static const struct {
		const char *what, *path, *body, *key, *want;
	} rows[] = {
		{"push", PUSH, ONE, NULL, "429 " LIMITED},
		{"batch", BATCH, batch, NULL,
		 "200 {\"results\":[" LIMITED
		 "," ERROR_OBJECT("room invalid", "room_invalid", "room") "," LIMITED "]}"},
		{"new key", PUSH, ONE, "new", "429 " LIMITED},
		{"new key", BATCH, batch, "new",
		 "200 {\"results\":[" LIMITED
		 "," ERROR_OBJECT("room invalid", "room_invalid", "room") "," LIMITED "]}"},
		{"what is wrong is told first", PUSH, "{\"room\":\"a b\"}", NULL,
		 "400 " ERROR_OBJECT("room invalid", "room_invalid", "room")},
		{"known key", PUSH, ONE, "k", "200 {\"id\":1}"},
		{"known key, another request", BATCH, batch, "k", REUSED},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *got = "";
		bool refused = false;

		/* What Redis would do can be told from this; the time may be over on a slow machine. */
		for (int n = 0; n < 100 && !refused; n++) {
			fresh();
			fixture_forget_rates();
			limit("1");
			fixture.idempotency_key = "k";
			EXPECT(rows[i].what, post(OWNER, PUSH, ONE), "200 {\"id\":1}");
			fixture.idempotency_key = rows[i].key;
			command("DEL " B ":pushing");
			got = post(OWNER, rows[i].path, rows[i].body);
			refused = strcmp(got, rows[i].want) == 0;
		}
		EXPECT(rows[i].what, got, rows[i].want);
		fixture.idempotency_key = NULL;
	}
}

static int count_ids(const char *answer)
{
	int count = 0;

	for (const char *at = answer; (at = strstr(at, "{\"id\":")); at++)
		count++;
	return count;
}

/* Of a batch only what the limit may allow is sent: Redis, made to forget, would take all. */
static void test_limit_part(void)
{
	struct lp_buf text = {0};
	int count = 0;

	lp_buf_addz(&text, "{\"messages\":[" ONE);
	for (int i = 1; i < 20; i++)
		lp_buf_addz(&text, "," ONE);
	lp_buf_addz(&text, "]}");
	for (int n = 0; n < 100 && (!count || count >= 20); n++) {
		fresh();
		fixture_forget_rates();
		limit("20");
		CHECK(count_ids(post(OWNER, BATCH, text.data)) == 20);
		command("DEL " B ":pushing");
		do {
			count = count_ids(post(OWNER, BATCH, text.data));
		} while (!count);
	}
	CHECK(count > 0 && count < 20);
	lp_buf_clear(&text);
}

/* Who knows the settings as they are now is not refused by what they were. */
static void test_limit_changed(void)
{
	fresh();
	fixture_forget_rates();
	limit("1");
	post(OWNER, PUSH, ONE);
	limit("0");
	get(OWNER, "/api/auth/namespace");
	EXPECT("no limit", post(OWNER, PUSH, ONE), "200 {\"id\":2}");
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"rooms", test_rooms},
		{"rooms, acks", test_rooms_ack},
		{"rooms refused", test_rooms_refused},
		{"batch", test_batch},
		{"batch refused", test_batch_refused},
		{"batch of more than a call", test_batch_large},
		{"again", test_again},
		{"keys", test_keys},
		{"batch again", test_batch_again},
		{"limit", test_limit},
		{"limit, again", test_limit_again},
		{"limit, known", test_limit_known},
		{"limit, a part", test_limit_part},
		{"limit, changed", test_limit_changed},
	};

	return fixture_main("api push", tests, COUNT(tests));
}
