#include "config.h"

#include "tests/simulator/sim_report.h"

static unsigned long long get(const struct sim_counts *sum, enum sim_count what)
{
	return (unsigned long long)sum->count[what];
}

void sim_report_progress(const struct sim_counts *sum, const struct sim_counts *before,
			 double since, enum sim_phase phase, bool terminal)
{
	static const char *const names[] = {[SIM_CONNECTING] = "connecting",
					    [SIM_RUNNING] = "running",
					    [SIM_SETTLING] = "settling",
					    [SIM_CLOSING] = "comparing"};
	struct sim_histogram recent = sum->duration[SIM_LATENCY];
	const struct sim_histogram *old = &before->duration[SIM_LATENCY];

	for (unsigned i = 0; i < SIM_HISTOGRAM_BUCKETS; i++)
		recent.bucket[i] -= old->bucket[i];
	recent.count -= old->count;
	fprintf(stderr,
		"%s%-10s online %llu  pushes %llu  deliveries %llu (%.0f/s)  acks %llu  latency "
		"p50 "
		"%.1f p99 %.1f ms  twice %llu  lost %llu%s",
		terminal ? "\r" : "", names[phase], (unsigned long long)sum->online,
		get(sum, SIM_PUSHES), get(sum, SIM_DELIVERIES),
		(double)(sum->count[SIM_DELIVERIES] - before->count[SIM_DELIVERIES]) / since,
		get(sum, SIM_ACKS), (double)sim_histogram_at(&recent, 0.5) / 1000,
		(double)sim_histogram_at(&recent, 0.99) / 1000, get(sum, SIM_DUPLICATED),
		get(sum, SIM_LOST), terminal ? "\033[K" : "\n");
	fflush(stderr);
}

static const struct {
	const char *name;
	double share;
} quantiles[] = {
	{"p50", 0.5},
	{"p90", 0.9},
	{"p99", 0.99},
	{"p999", 0.999},
};
#define QUANTILES (sizeof(quantiles) / sizeof(quantiles[0]))

static double mean_ms(const struct sim_histogram *h)
{
	return h->count ? (double)h->sum / (double)h->count / 1000 : 0;
}

static void print_durations(const struct sim_counts *sum, FILE *out)
{
	fprintf(out, "\n%-16s %10s %10s %10s %10s %10s %10s\n", "ms", "mean", "p50", "p90", "p99",
		"p99.9", "most");
	for (int i = 0; i < SIM_DURATIONS; i++) {
		const struct sim_histogram *h = &sum->duration[i];

		if (!h->count)
			continue;
		fprintf(out, "%-16s %10.2f", sim_duration_names[i], mean_ms(h));
		for (size_t k = 0; k < QUANTILES; k++)
			fprintf(out, " %10.2f",
				(double)sim_histogram_at(h, quantiles[k].share) / 1000);
		fprintf(out, " %10.2f\n", (double)h->max / 1000);
	}
}

void sim_report_table(const struct sim_result *result, FILE *out)
{
	const struct sim_counts *sum = result->sum;

	fprintf(out, "%-16s %12lld\n", "clients", (long long)result->options->clients);
	for (int i = 0; i < SIM_COUNTS; i++)
		fprintf(out, "%-16s %12llu\n", sim_count_names[i], get(sum, i));
	fprintf(out, "%-16s %12.1f\n", "seconds", result->seconds);
	if (result->seconds > 0)
		fprintf(out, "%-16s %12.0f\n", "deliveries/s",
			(double)get(sum, SIM_DELIVERIES) / result->seconds);
	fprintf(out, "%-16s %12.1f\n", "CPU seconds", (double)sum->cpu / 1e6);
	print_durations(sum, out);
	fprintf(out, "\n%s\n",
		sim_report_good(result) ? "all is as it must be" : "NOT all is as it must be");
}

void sim_report_json(const struct sim_result *result, FILE *out)
{
	const struct sim_counts *sum = result->sum;

	fprintf(out, "{\"good\":%s,\"clients\":%lld", sim_report_good(result) ? "true" : "false",
		(long long)result->options->clients);
	for (int i = 0; i < SIM_COUNTS; i++)
		fprintf(out, ",\"%s\":%llu", sim_count_names[i], get(sum, i));
	fprintf(out, ",\"seconds\":%.3f,\"cpu_seconds\":%.3f", result->seconds,
		(double)sum->cpu / 1e6);
	for (int i = 0; i < SIM_DURATIONS; i++) {
		const struct sim_histogram *h = &sum->duration[i];

		fprintf(out, ",\"%s_ms\":{\"count\":%llu,\"mean\":%.3f", sim_duration_names[i],
			(unsigned long long)h->count, mean_ms(h));
		for (size_t k = 0; k < QUANTILES; k++)
			fprintf(out, ",\"%s\":%.3f", quantiles[k].name,
				(double)sim_histogram_at(h, quantiles[k].share) / 1000);
		fprintf(out, ",\"max\":%.3f}", (double)h->max / 1000);
	}
	fputs("}\n", out);
}

bool sim_report_good(const struct sim_result *result)
{
	static const enum sim_count bad[] = {SIM_REFUSED, SIM_LOST,       SIM_PUSHES_UNKNOWN,
					     SIM_MISSING, SIM_DUPLICATED, SIM_OUT_OF_ORDER,
					     SIM_STRAY};
	const struct sim_counts *sum = result->sum;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (sum->count[bad[i]])
			return false;
	}
	return !result->broken && sum->joined == (uint64_t)result->options->clients;
}
