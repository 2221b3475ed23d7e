/*
 * Counters as tables: a row says where a number is, what it is called in the log, and what for
 * Prometheus (its text format, version 0.0.4). Names are light_push_<what>_<unit>. A label never
 * holds what identifies a user.
 */
#ifndef METRICS_H
#define METRICS_H

#include <stddef.h>
#include <stdint.h>

#include "common/histogram.h"
#include "common/lp_buf.h"
#include "common/lp_str.h"

enum metric_type { METRIC_GAUGE, METRIC_COUNTER };

struct metric_row {
	unsigned source; /* which of the structs it is in */
	size_t offset;   /* there, of an unsigned number or a bool */
	size_t size;
	const char *name;      /* in the log */
	const char *metric;    /* the name behind light_push_; rows of one name stand together */
	const char *labels;    /* reason="slow"; NULL: none */
	const char *help;      /* in the first row of a name */
	enum metric_type type; /* likewise */
};

/* The first members of a row: where the number is. */
#define METRIC_AT(SOURCE, STRUCT, FIELD)                                                           \
	(SOURCE), offsetof(struct STRUCT, FIELD), sizeof(((struct STRUCT *)0)->FIELD)

/* Appends " name=value" for each row. */
void metrics_log(struct lp_buf *out, const struct metric_row *rows, size_t count,
		 const void *const *sources);
/* Appends the rows for Prometheus. */
void metrics_add(struct lp_buf *out, const struct metric_row *rows, size_t count,
		 const void *const *sources);

/* For numbers that are in no table: the head of a metric, then each value; labels may be NULL. */
void metrics_head(struct lp_buf *out, const char *metric, enum metric_type type, const char *help);
void metrics_value(struct lp_buf *out, const char *metric, const char *labels, uint64_t value);
/* The same with one label, whose value may be any text. */
void metrics_labelled(struct lp_buf *out, const char *metric, const char *label, struct lp_str text,
		      uint64_t value);
/* unit_us: microseconds of one unit. The metric ends in _seconds. */
void metrics_histogram(struct lp_buf *out, const char *metric, const char *help,
		       const struct histogram *h, unsigned unit_us);
/* Version, start (ms since 1970) and memory of this process. program: connector, worker. */
void metrics_process(struct lp_buf *out, const char *program, uint64_t started);

#endif
