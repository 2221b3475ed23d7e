/*
 * Every endpoint of a namespace that is flushed after the password was looked at and before the rest
 * is done: nothing may be written for it.
 */
#include "config.h"

#include "common/lp_mem.h"
#include "fcgi-api/routes.h"
#include "tests/redis/api_fixture.h"

/* With which more than the checks of parameters is done. */
static const struct {
	const char *path, *body;
} bodies[] = {
	{"/api/auth/push", "{\"room\":\"r\",\"pushData\":{},\"leaveMessage\":true}"},
	{"/api/auth/push/batch", "{\"messages\":[{\"room\":\"r\",\"pushData\":{}}]}"},
	{"/api/auth/transfer", "{\"targetRoom\":\"t\",\"sourceRooms\":[\"r\"],\"type\":\"join\"}"},
	{"/api/auth/client", "{\"id\":\"/d#ann#web-1\",\"mobile\":\"1\"}"},
	{"/api/auth/client/disconnect", "{\"userid\":\"ann\",\"retry_after\":60}"},
	{"/api/auth/room-apns", "{\"room\":\"r\",\"add\":[\"q\"]}"},
	{"/api/auth/room-leave-message", "{\"room\":\"r\",\"leaveMessage\":true}"},
	{"/api/auth/token", "{\"name\":\"n\",\"scope\":\"all\"}"},
	{"/api/auth/token/revoke", "{\"id\":\"AAAAAAAAAAAA\"}"},
	{"/api/auth/namespace/save", "{\"name\":\"n\"}"},
};

static const char *body_of(const char *path)
{
	for (size_t i = 0; i < COUNT(bodies); i++) {
		if (strcmp(bodies[i].path, path) == 0)
			return bodies[i].body;
	}
	return "{}";
}

/* The URL of a route: an id in the place of ":id". */
static const char *url_of(const char *path)
{
	static char url[128];
	const char *id = strstr(path, ":id");

	if (id)
		snprintf(url, sizeof(url), "%.*s1%s", (int)(id - path), path, id + strlen(":id"));
	else
		snprintf(url, sizeof(url), "%s", path);
	return url;
}

static void test_nothing_written(void)
{
	fresh();
	command("FLUSHALL");
	for (const struct route *r = routes_push; r->path; r++) {
		const char *answer = api_request(r->method, NULL, url_of(r->path),
						 "application/json", body_of(r->path));

		CHECK_ROW(lp_cstr(answer),
			  answer[0] == '2' || answer[0] == '4' || strstr(answer, "archive_off"));
		EXPECT(r->path, command_text("DBSIZE"), "0");
		command("FLUSHALL");
	}
}

/* What would make it is told that it is gone. */
static void test_told(void)
{
	static const struct {
		const char *path, *body;
	} rows[] = {
		{"/api/auth/namespace/save", "{\"name\":\"n\"}"},
		{"/api/auth/namespace/save", "{\"offline\":\"off\",\"auth_passwd\":\"x\"}"},
		{"/api/auth/namespace/save", "{\"push_providers\":[]}"},
		{"/api/auth/namespace/save", "{\"jwt_keys\":[],\"name\":\"n\"}"},
		{"/api/auth/token", "{\"name\":\"n\",\"scope\":\"all\"}"},
		{"/api/auth/client", "{\"id\":\"/d#ann#web-1\",\"mobile\":\"1\"}"},
		{"/api/auth/namespace/dead-callbacks/replay", "{}"},
	};

	fresh();
	command("FLUSHALL");
	for (size_t i = 0; i < COUNT(rows); i++) {
		EXPECT(rows[i].body, msg_of(post(NULL, rows[i].path, rows[i].body)),
		       "400 this namespace lose");
		EXPECT(rows[i].body, command_text("DBSIZE"), "0");
	}
	EXPECT("settings", msg_of(get(NULL, "/api/auth/namespace")), "400 this namespace lose");
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"nothing written", test_nothing_written},
		{"told", test_told},
	};

	return fixture_main("api flushed", tests, COUNT(tests));
}
