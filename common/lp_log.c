#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/lp_buf.h"
#include "common/lp_json.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"

static const char *const level_names[] = {"error", "warn", "info", "debug"};

/*
 * Program, path and form are set once, before threads start. The descriptor's number never changes
 * after that: a reopened file is put under the same number, so that writers need no lock.
 */
static struct {
	char *program;
	char *path; /* NULL: standard output */
	int fd;
	bool json;
	atomic_int level;
} lg = {.fd = STDOUT_FILENO, .level = LP_LOG_INFO};

static int open_file(const char *path)
{
	return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
}

int lp_log_open(const char *program, const char *path, enum lp_log_level level, bool json)
{
	int fd = STDOUT_FILENO;

	if (path && *path) {
		fd = open_file(path);
		if (fd < 0)
			return LP_EIO;
	}
	lp_log_close();
	lg.program = lp_xstrdup(program);
	lg.path = fd == STDOUT_FILENO ? NULL : lp_xstrdup(path);
	lg.fd = fd;
	lg.json = json;
	lp_log_set_level(level);
	return LP_OK;
}

void lp_log_to_stderr(const char *program, enum lp_log_level level)
{
	lp_log_close();
	lg.program = lp_xstrdup(program);
	lg.fd = STDERR_FILENO;
	lp_log_set_level(level);
}

void lp_log_close(void)
{
	if (lg.path)
		close(lg.fd);
	free(lg.program);
	free(lg.path);
	lg.program = NULL;
	lg.path = NULL;
	lg.fd = STDOUT_FILENO;
	lg.json = false;
}

void lp_log_reopen(void)
{
	int fd;

	if (!lg.path)
		return;
	fd = open_file(lg.path);
	if (fd < 0) {
		lp_error("log",
			 "can not open the log again, going on with the old file "
			 "path=%s errno=%d",
			 lg.path, errno);
		return;
	}
	if (dup3(fd, lg.fd, O_CLOEXEC) < 0)
		lp_error("log", "dup3 failed errno=%d", errno);
	close(fd);
}

void lp_log_set_level(enum lp_log_level level)
{
	atomic_store_explicit(&lg.level, (int)level, memory_order_relaxed);
}

bool lp_log_enabled(enum lp_log_level level)
{
	return (int)level <= atomic_load_explicit(&lg.level, memory_order_relaxed);
}

int lp_log_level_parse(const char *name, enum lp_log_level *out)
{
	for (size_t i = 0; i < sizeof(level_names) / sizeof(level_names[0]); i++) {
		if (strcmp(name, level_names[i]) == 0) {
			*out = (enum lp_log_level)i;
			return LP_OK;
		}
	}
	return LP_EINVAL;
}

static void add_time(struct lp_buf *line)
{
	uint64_t now = lp_wall_ms();
	time_t seconds = (time_t)(now / 1000);
	char text[32];
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	lp_buf_addf(line, "%s.%03uZ", text, (unsigned)(now % 1000));
}

/* What peers sent may be part of a line: nothing of it may end the line or steer a terminal. */
static void add_escaped(struct lp_buf *line, struct lp_str s)
{
	bool utf8 = lp_utf8_valid(s);

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];
		/* U+0080..U+009F are control characters too, C2 80 .. C2 9F in UTF-8. */
		bool c1 = c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0;

		if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8)) {
			lp_buf_addf(line, "\\x%02x", c);
		} else if (c1) {
			lp_buf_addf(line, "\\x%02x", (unsigned char)s.p[i + 1]);
			i++;
		} else {
			lp_buf_addc(line, (char)c);
		}
	}
}

static void add_text_line(struct lp_buf *line, enum lp_log_level level, const char *module,
			  const char *who, struct lp_str message)
{
	add_time(line);
	lp_buf_addf(line, " %s %s %s", level_names[level], lg.program ? lg.program : "-", module);
	if (who) {
		lp_buf_addc(line, ' ');
		add_escaped(line, lp_cstr(who));
	}
	lp_buf_addz(line, ": ");
	add_escaped(line, message);
	lp_buf_addc(line, '\n');
}

static void add_member(struct lp_buf *line, const char *name, struct lp_str value)
{
	struct lp_buf safe = {0};

	add_escaped(&safe, value);
	lp_buf_addf(line, ",\"%s\":", name);
	lp_json_quote(line, lp_buf_str(&safe));
	lp_buf_clear(&safe);
}

static void add_json_line(struct lp_buf *line, enum lp_log_level level, const char *module,
			  const char *who, struct lp_str message)
{
	lp_buf_addz(line, "{\"time\":\"");
	add_time(line);
	lp_buf_addc(line, '"');
	add_member(line, "level", lp_cstr(level_names[level]));
	add_member(line, "program", lp_cstr(lg.program));
	add_member(line, "module", lp_cstr(module));
	if (who)
		add_member(line, "who", lp_cstr(who));
	add_member(line, "message", message);
	lp_buf_addz(line, "}\n");
}

/* A line that can not be written (disk full, reader gone) is lost: the log never stops the work. */
static void write_line(struct lp_str line)
{
	ssize_t n;

	while (line.n) {
		n = write(lg.fd, line.p, line.n);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		line = lp_str_from(line, (size_t)n);
	}
}

void lp_log(enum lp_log_level level, const char *module, const char *who, const char *fmt, ...)
{
	struct lp_buf message = {0}, line = {0};
	int saved = errno;
	va_list ap;

	if (!lp_log_enabled(level))
		return;
	va_start(ap, fmt);
	lp_buf_addv(&message, fmt, ap);
	va_end(ap);
	if (lg.json)
		add_json_line(&line, level, module, who, lp_buf_str(&message));
	else
		add_text_line(&line, level, module, who, lp_buf_str(&message));
	write_line(lp_buf_str(&line));
	lp_buf_clear(&line);
	lp_buf_clear(&message);
	errno = saved;
}
