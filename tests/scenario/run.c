/* Runs the scenarios given, or all of $srcdir/tests/scenario. */
#include "config.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/lp_buf.h"
#include "tests/scenario/script.h"

static bool run_file(const char *path)
{
	struct lp_buf text = {0};
	FILE *f = fopen(path, "r");
	size_t got;
	bool good;

	if (!f) {
		perror(path);
		return false;
	}
	do {
		got = fread(lp_buf_reserve(&text, 65536), 1, 65536, f);
		text.len += got;
	} while (got);
	fclose(f);
	good = text.len && script_run(path, lp_buf_str(&text));
	lp_buf_clear(&text);
	return good;
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	char pattern[1024];
	int failed = 0;
	glob_t found;

	for (int i = 1; i < argc; i++)
		failed += !run_file(argv[i]);
	if (argc > 1)
		return failed ? EXIT_FAILURE : EXIT_SUCCESS;
	snprintf(pattern, sizeof(pattern), "%s/tests/scenario/*.scn", srcdir ? srcdir : ".");
	if (glob(pattern, 0, NULL, &found) != 0) {
		fprintf(stderr, "no scenarios: %s\n", pattern);
		return EXIT_FAILURE;
	}
	for (size_t i = 0; i < found.gl_pathc; i++)
		failed += !run_file(found.gl_pathv[i]);
	printf("%zu scenarios, %d failed\n", found.gl_pathc, failed);
	globfree(&found);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
