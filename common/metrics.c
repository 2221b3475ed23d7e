#include "config.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/metrics.h"

static uint64_t number_at(const struct metric_row *row, const void *const *sources)
{
	const char *at = (const char *)sources[row->source] + row->offset;
	uint64_t wide;
	uint32_t narrow;
	bool flag;

	switch (row->size) {
	case sizeof(wide):
		memcpy(&wide, at, sizeof(wide));
		return wide;
	case sizeof(narrow):
		memcpy(&narrow, at, sizeof(narrow));
		return narrow;
	default:
		memcpy(&flag, at, sizeof(flag));
		return flag;
	}
}

void metrics_log(struct lp_buf *out, const struct metric_row *rows, size_t count,
		 const void *const *sources)
{
	for (size_t i = 0; i < count; i++) {
		lp_buf_addc(out, ' ');
		lp_buf_addz(out, rows[i].name);
		lp_buf_addc(out, '=');
		lp_buf_addu(out, number_at(&rows[i], sources));
	}
}

static void add_head(struct lp_buf *out, const char *metric, const char *type, const char *help)
{
	lp_buf_addf(out, "# HELP light_push_%s %s\n# TYPE light_push_%s %s\n", metric, help, metric,
		    type);
}

void metrics_head(struct lp_buf *out, const char *metric, enum metric_type type, const char *help)
{
	add_head(out, metric, type == METRIC_COUNTER ? "counter" : "gauge", help);
}

void metrics_value(struct lp_buf *out, const char *metric, const char *labels, uint64_t value)
{
	lp_buf_addf(out, "light_push_%s%s%s%s %" PRIu64 "\n", metric, labels ? "{" : "",
		    labels ? labels : "", labels ? "}" : "", value);
}

void metrics_labelled(struct lp_buf *out, const char *metric, const char *label, struct lp_str text,
		      uint64_t value)
{
	lp_buf_addf(out, "light_push_%s{%s=\"", metric, label);
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '\n') {
			lp_buf_addz(out, "\\n");
			continue;
		}
		if (text.p[i] == '"' || text.p[i] == '\\')
			lp_buf_addc(out, '\\');
		lp_buf_addc(out, text.p[i]);
	}
	lp_buf_addf(out, "\"} %" PRIu64 "\n", value);
}

void metrics_add(struct lp_buf *out, const struct metric_row *rows, size_t count,
		 const void *const *sources)
{
	for (size_t i = 0; i < count; i++) {
		if (rows[i].help)
			metrics_head(out, rows[i].metric, rows[i].type, rows[i].help);
		metrics_value(out, rows[i].metric, rows[i].labels, number_at(&rows[i], sources));
	}
}

void metrics_histogram(struct lp_buf *out, const char *metric, const char *help,
		       const struct histogram *h, unsigned unit_us)
{
	uint64_t sum = 0;

	add_head(out, metric, "histogram", help);
	for (unsigned i = 0; i < HISTOGRAM_BUCKETS; i++) {
		sum += h->count[i];
		if (i + 1 < HISTOGRAM_BUCKETS)
			lp_buf_addf(out, "light_push_%s_bucket{le=\"%.9g\"} %" PRIu64 "\n", metric,
				    (double)unit_us * (double)(UINT64_C(1) << i) / 1e6, sum);
	}
	lp_buf_addf(out, "light_push_%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", metric, sum);
	lp_buf_addf(out, "light_push_%s_sum %.9g\n", metric,
		    (double)h->sum * (double)unit_us / 1e6);
	lp_buf_addf(out, "light_push_%s_count %" PRIu64 "\n", metric, sum);
}

/* Bytes in memory; 0 where /proc is not there. */
static uint64_t resident_bytes(void)
{
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (!f)
		return 0;
	if (fscanf(f, "%*u %lu", &pages) != 1)
		pages = 0;
	fclose(f);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

void metrics_process(struct lp_buf *out, const char *program, uint64_t started)
{
	metrics_head(out, "build_info", METRIC_GAUGE, "Version of the program; always 1.");
	lp_buf_addf(out, "light_push_build_info{program=\"%s\",version=\"%s\"} 1\n", program,
		    PACKAGE_VERSION);
	metrics_head(out, "start_time_seconds", METRIC_GAUGE, "When it started, since 1970.");
	metrics_value(out, "start_time_seconds", NULL, started / 1000);
	metrics_head(out, "memory_bytes", METRIC_GAUGE, "Resident memory of the program.");
	metrics_value(out, "memory_bytes", NULL, resident_bytes());
}
