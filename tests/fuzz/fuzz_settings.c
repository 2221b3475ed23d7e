/*
 * A configuration file of any bytes is read, or refused with one line. What was read can be
 * written, read again, and is then the same.
 */
#include "config.h"

#include <string.h>

#include "common/settings_table.h"
#include "tests/fuzz/fuzz.h"

static void read_again(const struct settings *s)
{
	struct settings again;
	char *error = NULL;

	settings_init(&again);
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *row = &setting_table[i];
		struct lp_buf before = {0}, after = {0};

		setting_format(row, s, &before);
		MUST(settings_set(&again, row->name, before.data, &error) == LP_OK);
		setting_format(row, &again, &after);
		MUST(lp_str_eq(lp_buf_str(&before), lp_buf_str(&after)));
		lp_buf_clear(&before);
		lp_buf_clear(&after);
	}
	settings_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *error = NULL;
	struct settings s;

	settings_init(&s);
	if (settings_load_text(&s, lp_str((const char *)data, size), "fuzz", &error)) {
		MUST(error && strncmp(error, "fuzz:", 5) == 0 && !strchr(error, '\n'));
		free(error);
	} else {
		read_again(&s);
	}
	settings_clear(&s);
	return 0;
}
