#include "config.h"

#include <string.h>

#include "common/store/redis_error.h"

static bool is_code(const char *text, const char *code)
{
	size_t n = strlen(code);
	const char *at = strstr(text, code);

	return at && (at == text || at[-1] == '-') && (at[n] == ' ' || at[n] == '\0');
}

bool redis_error_is(const char *text, const char *const *codes)
{
	for (; *codes; codes++) {
		if (is_code(text, *codes))
			return true;
	}
	return false;
}
