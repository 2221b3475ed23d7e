/*
 * Stands in for libFuzzer: runs a target once on each file of its corpus, so that make check
 * replays all seeds and past crashes with any compiler.
 *
 *     fuzz_x [FILE | FOLDER]...        default: $srcdir/tests/fuzz/fuzz_x.in
 */
#include "config.h"

#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/lp_buf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned replayed;

static void give_up(const char *path)
{
	perror(path);
	exit(99);
}

static void replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	struct lp_buf all = {0};
	uint8_t *exact;
	size_t n;

	if (!f)
		give_up(path);
	while ((n = fread(lp_buf_reserve(&all, 4096), 1, 4096, f)) > 0)
		all.len += n;
	if (ferror(f))
		give_up(path);
	fclose(f);
	/* a block of just that size, so that a sanitizer sees one byte too far */
	exact = malloc(all.len ? all.len : 1);
	if (!exact)
		give_up(path);
	if (all.len)
		memcpy(exact, all.data, all.len);
	LLVMFuzzerTestOneInput(exact, all.len);
	free(exact);
	lp_buf_clear(&all);
	replayed++;
}

static void replay_folder(const char *path)
{
	DIR *dir = opendir(path);
	struct lp_buf name = {0};
	struct dirent *e;

	if (!dir)
		give_up(path);
	while ((e = readdir(dir))) {
		if (e->d_name[0] == '.')
			continue;
		lp_buf_reset(&name);
		lp_buf_addf(&name, "%s/%s", path, e->d_name);
		replay_file(name.data);
	}
	lp_buf_clear(&name);
	closedir(dir);
}

int main(int argc, char **argv)
{
	const char *srcdir = getenv("srcdir");
	const char *base = strrchr(argv[0], '/');
	struct lp_buf own = {0};

	for (int i = 1; i < argc; i++) {
		struct stat st;

		if (stat(argv[i], &st) != 0)
			give_up(argv[i]);
		if (S_ISDIR(st.st_mode))
			replay_folder(argv[i]);
		else
			replay_file(argv[i]);
	}
	if (argc < 2) {
		lp_buf_addf(&own, "%s/tests/fuzz/%s.in", srcdir ? srcdir : ".",
			    base ? base + 1 : argv[0]);
		replay_folder(own.data);
		lp_buf_clear(&own);
	}
	printf("%u inputs\n", replayed);
	return replayed ? EXIT_SUCCESS : EXIT_FAILURE;
}
