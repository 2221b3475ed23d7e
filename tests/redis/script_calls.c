#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/Basic.h>
#include <hiredis/hiredis.h>

#include "common/lp_buf.h"
#include "common/lp_mem.h"
#include "common/store/script.h"
#include "tests/redis/redis_server.h"
#include "tests/redis/script_calls.h"

#define ARGS_MAX 32

redisContext *redis;

int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_reply(struct lp_buf *out, const redisReply *r)
{
	char **parts;

	switch (r->type) {
	case REDIS_REPLY_INTEGER:
		lp_buf_addf(out, "%lld", r->integer);
		break;
	case REDIS_REPLY_NIL:
		lp_buf_addz(out, "nil");
		break;
	case REDIS_REPLY_ARRAY:
		/* In order of their text: many come from sets. */
		parts = lp_xcalloc(r->elements + 1, sizeof(*parts));
		for (size_t i = 0; i < r->elements; i++) {
			struct lp_buf one = {0};

			lp_buf_addz(&one, "");
			add_reply(&one, r->element[i]);
			parts[i] = one.data ? one.data : lp_xstrdup("");
		}
		qsort(parts, r->elements, sizeof(*parts), by_text);
		for (size_t i = 0; i < r->elements; i++) {
			lp_buf_addf(out, "%s%s", i ? " " : "", parts[i]);
			free(parts[i]);
		}
		free(parts);
		break;
	default:
		lp_buf_adds(out, lp_str(r->str, (size_t)r->len));
	}
}

const char *line_of(redisReply *r)
{
	static struct lp_buf out;

	lp_buf_clear(&out);
	lp_buf_reserve(&out, 1);
	if (r)
		add_reply(&out, r);
	else
		lp_buf_addz(&out, "no reply");
	if (out.len == 0)
		lp_buf_addc(&out, '-');
	freeReplyObject(r);
	return out.data;
}

void expect_at(int line, const char *got, const char *want, const char *what)
{
	if (strcmp(got, want) != 0) {
		fprintf(stderr, "\n  line %d: %s gives \"%s\", not \"%s\"\n", line, what, got,
			want);
		CU_FAIL("unexpected value");
	}
}

const char *command(const char *text)
{
	char copy[512];
	const char *argv[ARGS_MAX];
	int n = 0;

	snprintf(copy, sizeof(copy), "%s", text);
	for (char *save, *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
		argv[n++] = w;
	return line_of(redisCommandArgv(redis, n, argv, NULL));
}

const char *call(const char *name, const char *key, ...)
{
	const char *argv[ARGS_MAX] = {"EVAL", script_get(name)->text, "1", key};
	int n = 4;
	va_list ap;

	va_start(ap, key);
	while (n < ARGS_MAX && (argv[n] = va_arg(ap, const char *)))
		n++;
	va_end(ap);
	return line_of(redisCommandArgv(redis, n, argv, NULL));
}

int script_tests(const char *suite, const struct lp_test *tests, size_t count)
{
	struct redis_server *server = redis_server_start();
	int status;

	scripts_init();
	redis = redis_server_connect(server);
	status = lp_test_main(suite, tests, count);
	line_of(NULL); /* frees the last one */
	redisFree(redis);
	redis_server_stop(server);
	return status;
}
