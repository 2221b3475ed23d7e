#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <unistd.h>

#include "common/lp_json.h"
#include "common/lp_log.h"
#include "tests/unit/lp_test.h"

#define STAMP sizeof("2026-11-23T06:10:11.123Z")

static char path[] = "/tmp/test_lp_log.XXXXXX";

/* Opens the log on an empty file. */
static void begin(enum lp_log_level level, bool json)
{
	CHECK(truncate(path, 0) == 0);
	CHECK(lp_log_open("connector", path, level, json) == LP_OK);
}

/* Closes the log and reads what was written into out, which the caller clears. */
static void end(struct lp_buf *out)
{
	FILE *f = fopen(path, "r");
	size_t n = 1;

	lp_log_close();
	while (f && n) {
		n = fread(lp_buf_reserve(out, 65536), 1, 65536, f);
		out->len += n;
	}
	if (f)
		fclose(f);
}

static void test_text(void)
{
	static const struct {
		const char *who;
		struct lp_str text, line;
	} rows[] = {
		{NULL, BYTES("connected address=::1"),
		 BYTES("info connector redis: connected address=::1\n")},
		{"/demo#u", BYTES("closed"), BYTES("info connector redis /demo#u: closed\n")},
		{"a\nb", BYTES("x"), BYTES("info connector redis a\\x0ab: x\n")},
		{NULL, BYTES(""), BYTES("info connector redis: \n")},
		{NULL, BYTES("a\r\nb\x1b[0m\x7f"),
		 BYTES("info connector redis: a\\x0d\\x0ab\\x1b[0m\\x7f\n")},
		{NULL, BYTES("h\xc3\xa9 \xe9\x80\x9a"),
		 BYTES("info connector redis: h\xc3\xa9 \xe9\x80\x9a\n")},
		{NULL,
		 BYTES("\xc2\x9b"
		       "1m \xc2\xa0"),
		 BYTES("info connector redis: \\x9b1m \xc2\xa0\n")},
		{NULL, BYTES("broken \xff\xc3"),
		 BYTES("info connector redis: broken \\xff\\xc3\n")},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_buf out = {0};

		begin(LP_LOG_INFO, false);
		lp_log(LP_LOG_INFO, "redis", rows[i].who, "%s", rows[i].text.p);
		end(&out);
		CHECK_ROW(rows[i].text,
			  out.len > STAMP && out.data[10] == 'T' && out.data[23] == 'Z');
		CHECK_STR(rows[i].text, lp_str_from(lp_buf_str(&out), STAMP), rows[i].line);
		lp_buf_clear(&out);
	}
}

static void test_json(void)
{
	static const char *const names[] = {"level", "program", "module", "who", "message"};
	static const char *const values[] = {"error", "connector", "conn", "c\\x01",
					     "say \"hi\" \\ \\x0a"};
	struct json_object *line = NULL;
	struct lp_buf out = {0};

	begin(LP_LOG_INFO, true);
	lp_log(LP_LOG_ERROR, "conn", "c\x01", "say \"%s\" \\ \n", "hi");
	end(&out);
	CHECK(lp_json_parse(lp_buf_str(&out), &line) == LP_OK);
	for (size_t i = 0; i < COUNT(names); i++)
		CHECK_STR(lp_cstr(names[i]), lp_json_str(line, names[i]), lp_cstr(values[i]));
	CHECK(lp_json_str(line, "time").n == STAMP - 1);
	CHECK(lp_str_find(lp_buf_str(&out), '\n') == out.len - 1);
	json_object_put(line);
	lp_buf_clear(&out);
}

static void test_level(void)
{
	static const struct {
		enum lp_log_level level;
		const char *letters;
	} rows[] = {
		{LP_LOG_ERROR, "e"},
		{LP_LOG_WARN, "ew"},
		{LP_LOG_INFO, "ewi"},
		{LP_LOG_DEBUG, "ewid"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_buf out = {0}, got = {0};

		begin(rows[i].level, false);
		lp_error("m", "1");
		lp_warn("m", "1");
		lp_info("m", "1");
		lp_debug("m", "1");
		end(&out);
		for (size_t at = 0; at + STAMP < out.len;
		     at += lp_str_find(lp_str_from(lp_buf_str(&out), at), '\n') + 1)
			lp_buf_addc(&got, out.data[at + STAMP]);
		CHECK_STR(lp_cstr(rows[i].letters), lp_buf_str(&got), lp_cstr(rows[i].letters));
		lp_buf_clear(&got);
		lp_buf_clear(&out);
	}
}

static void test_level_names(void)
{
	enum lp_log_level level = LP_LOG_ERROR;

	CHECK(lp_log_level_parse("debug", &level) == LP_OK && level == LP_LOG_DEBUG);
	CHECK(lp_log_level_parse("error", &level) == LP_OK && level == LP_LOG_ERROR);
	CHECK(lp_log_level_parse("Error", &level) == LP_EINVAL);
	CHECK(lp_log_level_parse("", &level) == LP_EINVAL);
}

static void test_reopen(void)
{
	char moved[sizeof(path) + 2];
	struct lp_buf out = {0};

	begin(LP_LOG_INFO, false);
	lp_info("m", "before");
	snprintf(moved, sizeof(moved), "%s.1", path);
	CHECK(rename(path, moved) == 0);
	lp_info("m", "still the old file");
	lp_log_reopen();
	lp_info("m", "after");
	end(&out);
	CHECK_STR(LP_STR("new file"), lp_str_from(lp_buf_str(&out), STAMP),
		  LP_STR("info connector m: after\n"));
	CHECK(unlink(moved) == 0);
	lp_buf_clear(&out);
}

static void test_no_file(void)
{
	errno = 0;
	CHECK(lp_log_open("x", "/nonexistent/dir/file", LP_LOG_INFO, false) == LP_EIO);
	CHECK(errno == ENOENT);
}

static void test_errno_kept(void)
{
	struct lp_buf out = {0};

	begin(LP_LOG_INFO, false);
	errno = EXDEV;
	lp_info("m", "x");
	CHECK(errno == EXDEV);
	end(&out);
	lp_buf_clear(&out);
}

#define THREADS 4
#define LINES   200

static void *writer(void *arg)
{
	for (int i = 0; i < LINES; i++)
		lp_info("thread", "%s", (const char *)arg);
	return NULL;
}

/* Lines of several threads, while the file is opened again, stay whole and none is lost. */
static void test_threads(void)
{
	static const char *const words[THREADS] = {"aaaaaaaaaaaaaaaa", "bbbbbbbb", "cccc", "d"};
	struct lp_buf out = {0};
	pthread_t threads[THREADS];
	size_t count = 0, whole = 0;

	begin(LP_LOG_INFO, false);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, writer, (void *)(uintptr_t)words[i]) == 0);
	for (int i = 0; i < 50; i++)
		lp_log_reopen();
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	end(&out);
	for (struct lp_str rest = lp_buf_str(&out); rest.n; count++) {
		struct lp_str line = lp_str(rest.p, lp_str_find(rest, '\n'));
		struct lp_str word = lp_str_from(line, STAMP + strlen("info connector thread: "));

		for (int i = 0; i < THREADS; i++)
			whole += lp_str_eq(word, lp_cstr(words[i]));
		rest = lp_str_from(rest, line.n + 1);
	}
	CHECK(count == (size_t)THREADS * LINES && whole == count);
	lp_buf_clear(&out);
}

static int run(void)
{
	static const struct lp_test tests[] = {
		{"text", test_text},
		{"json", test_json},
		{"level", test_level},
		{"level names", test_level_names},
		{"reopen", test_reopen},
		{"no file", test_no_file},
		{"errno kept", test_errno_kept},
		{"threads", test_threads},
	};

	return lp_test_main("lp_log", tests, COUNT(tests));
}

int main(void)
{
	int fd = mkstemp(path);
	int status;

	if (fd < 0)
		return 99;
	close(fd);
	status = run();
	unlink(path);
	return status;
}
