/*
 * Run at build time: prints the texts that the table of settings gives. Not installed.
 *
 *     settings-doc sample           the sample configuration file
 *     settings-doc man < TEMPLATE   the manual page, its line "@SETTINGS@" replaced by the list
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/settings.h"

int main(int argc, char **argv)
{
	char line[1024];

	if (argc == 2 && strcmp(argv[1], "sample") == 0) {
		settings_print_sample(stdout);
	} else if (argc == 2 && strcmp(argv[1], "man") == 0) {
		while (fgets(line, sizeof(line), stdin)) {
			if (strcmp(line, "@SETTINGS@\n") == 0)
				settings_print_mdoc(stdout);
			else
				fputs(line, stdout);
		}
	} else {
		fputs("usage: settings-doc sample | man < TEMPLATE\n", stderr);
		return 2;
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
