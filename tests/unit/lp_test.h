/*
 * What the unit programs share on top of CUnit: one call that runs a list of functions, and checks
 * that print the row of a table they fail on.
 */
#ifndef LP_TEST_H
#define LP_TEST_H

#include <CUnit/Basic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_buf.h"
#include "common/lp_str.h"

/* An initialiser of struct lp_str from a literal that may hold NULs. */
#define BYTES(literal)                                                                             \
	{                                                                                          \
		(literal), sizeof(literal) - 1                                                     \
	}
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

struct lp_test {
	const char *name;
	void (*run)(void);
};

/* Runs them all; the exit status for main(). */
static inline int lp_test_main(const char *suite, const struct lp_test *tests, size_t count)
{
	CU_pSuite s;
	unsigned failed;

	if (CU_initialize_registry() != CUE_SUCCESS || !(s = CU_add_suite(suite, NULL, NULL)))
		return 99;
	for (size_t i = 0; i < count; i++)
		if (!CU_add_test(s, tests[i].name, tests[i].run))
			return 99;
	CU_basic_set_mode(CU_BRM_NORMAL);
	if (CU_basic_run_tests() != CUE_SUCCESS)
		return 99;
	failed = CU_get_number_of_failures() + CU_get_number_of_suites_failed();
	CU_cleanup_registry();
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static inline void lp_print_bytes(const char *label, struct lp_str s)
{
	fprintf(stderr, "    %s (%zu) ", label, s.n);
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x20 && c < 0x7f && c != '\\')
			fputc(c, stderr);
		else
			fprintf(stderr, "\\x%02x", c);
	}
	fputc('\n', stderr);
}

/* row: text that finds the row again, for example its input. */
static inline bool lp_check_at(bool ok, const char *file, unsigned line, const char *condition,
			       struct lp_str row)
{
	if (!ok) {
		fprintf(stderr, "\n%s:%u: %s\n", file, line, condition);
		lp_print_bytes("row ", row);
	}
	CU_assertImplementation(ok, line, condition, file, "", CU_FALSE);
	return ok;
}

static inline void lp_check_str_at(struct lp_str got, struct lp_str want, const char *file,
				   unsigned line, const char *what, struct lp_str row)
{
	if (!lp_check_at(lp_str_eq(got, want), file, line, what, row)) {
		lp_print_bytes("got ", got);
		lp_print_bytes("want", want);
	}
}

#define CHECK(condition)          lp_check_at((condition), __FILE__, __LINE__, #condition, lp_str(NULL, 0))
#define CHECK_ROW(row, condition) lp_check_at((condition), __FILE__, __LINE__, #condition, (row))
#define CHECK_STR(row, got, want)                                                                  \
	lp_check_str_at((got), (want), __FILE__, __LINE__, #got " == " #want, (row))

#endif
