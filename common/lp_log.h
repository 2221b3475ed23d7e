/*
 * Log lines: level, module, then text of the form "what happened key=value ...". To standard
 * output or a file, as text or as one JSON object a line. Thread-safe: a line is one write().
 * Payloads, tokens and passwords are never logged.
 */
#ifndef LP_LOG_H
#define LP_LOG_H

#include <stdbool.h>

#include "common/lp_rc.h"

enum lp_log_level { LP_LOG_ERROR, LP_LOG_WARN, LP_LOG_INFO, LP_LOG_DEBUG };

/*
 * program: the name in each line. path: a file to append to, NULL or "" for standard output.
 * Returns LP_OK, or LP_EIO when the file can not be opened (errno says why).
 */
int lp_log_open(const char *program, const char *path, enum lp_log_level level,
		bool json) LP_MUSTCHECK;
/* To standard error, for a program whose standard output is its answer. */
void lp_log_to_stderr(const char *program, enum lp_log_level level);
/* Back to standard output; frees what lp_log_open() took. */
void lp_log_close(void);
/* Opens the file again under its name, after rotation. */
void lp_log_reopen(void);
void lp_log_set_level(enum lp_log_level level);
bool lp_log_enabled(enum lp_log_level level);
/* "error", "warn", "info", "debug"; LP_EINVAL for anything else. */
int lp_log_level_parse(const char *name, enum lp_log_level *out) LP_MUSTCHECK;

/*
 * Writes one line when the level is enabled; errno is left as it was. Control bytes and broken
 * UTF-8 come out as \xNN.
 *
 * module: a short noun ("redis", "conn", "push"). who: the connection or client the line is
 * about, or NULL.
 */
void lp_log(enum lp_log_level level, const char *module, const char *who, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

#define lp_error(module, ...) lp_log(LP_LOG_ERROR, module, NULL, __VA_ARGS__)
#define lp_warn(module, ...)  lp_log(LP_LOG_WARN, module, NULL, __VA_ARGS__)
#define lp_info(module, ...)  lp_log(LP_LOG_INFO, module, NULL, __VA_ARGS__)
#define lp_debug(module, ...)                                                                      \
	do {                                                                                       \
		if (lp_log_enabled(LP_LOG_DEBUG))                                                  \
			lp_log(LP_LOG_DEBUG, module, NULL, __VA_ARGS__);                           \
	} while (0)

#endif
