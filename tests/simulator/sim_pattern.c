#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "tests/simulator/sim_pattern.h"

/* Digits, at least one and at most max_digits; NULL when there are none. */
static const char *read_number(const char *p, size_t max_digits, uint64_t *number)
{
	size_t digits = strspn(p, "0123456789");

	if (!digits || digits > max_digits)
		return NULL;
	*number = strtoull(p, NULL, 10);
	return p + digits;
}

/* What is between the braces; returns what is behind them, or NULL. */
static const char *expand_one(const char *p, uint64_t n, struct lp_buf *out)
{
	uint64_t by, width = 0;

	if (*p++ != 'n')
		return NULL;
	while (*p == '%' || *p == '/') {
		char how = *p;

		p = read_number(p + 1, 18, &by);
		if (!p || !by)
			return NULL;
		n = how == '%' ? n % by : n / by;
	}
	if (*p == ':') {
		p = read_number(p + 1, 2, &width);
		if (!p || width > 20)
			return NULL;
	}
	if (*p != '}')
		return NULL;
	lp_buf_addf(out, "%0*llu", (int)width, (unsigned long long)n);
	return p + 1;
}

int sim_pattern_expand(const char *pattern, uint64_t n, struct lp_buf *out)
{
	while (*pattern) {
		size_t plain = strcspn(pattern, "{");

		lp_buf_add(out, pattern, plain);
		pattern += plain;
		if (!*pattern)
			break;
		pattern = expand_one(pattern + 1, n, out);
		if (!pattern)
			return LP_EINVAL;
	}
	return LP_OK;
}

/* The finalizer of splitmix64 (Vigna), over the three one after the other. */
static uint64_t mixed(uint64_t x)
{
	x += 0x9e3779b97f4a7c15;
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

uint64_t sim_random(uint64_t seed, uint64_t n, uint64_t what)
{
	return mixed(mixed(mixed(seed) ^ n) ^ what);
}

static int find_name(struct lp_str name, const char *const *names)
{
	for (int i = 0; names[i]; i++) {
		if (lp_str_eq(name, lp_cstr(names[i])))
			return i;
	}
	return -1;
}

int sim_mix_parse(const char *text, const char *const *names, struct sim_mix *mix)
{
	*mix = (struct sim_mix){0};
	for (;;) {
		size_t name = strcspn(text, ":,");
		int value = find_name(lp_str(text, name), names);
		uint64_t weight = 1;

		text += name;
		if (value < 0 || mix->count == SIM_MIX_MAX)
			return LP_EINVAL;
		if (*text == ':') {
			text = read_number(text + 1, 7, &weight);
			if (!text || weight > 1000000)
				return LP_EINVAL;
		}
		mix->value[mix->count] = (unsigned)value;
		mix->weight[mix->count++] = (unsigned)weight;
		mix->total += (unsigned)weight;
		if (!*text)
			return mix->total ? LP_OK : LP_EINVAL;
		if (*text++ != ',')
			return LP_EINVAL;
	}
}

unsigned sim_mix_pick(const struct sim_mix *mix, uint64_t random)
{
	uint64_t at = random % mix->total;
	unsigned i = 0;

	while (at >= mix->weight[i])
		at -= mix->weight[i++];
	return mix->value[i];
}
