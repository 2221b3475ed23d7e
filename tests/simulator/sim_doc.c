/*
 * Run at build time: reads the manual page and puts the list of options in the place of its line
 * "@OPTIONS@". Not installed.
 */
#include "config.h"

#include <stdio.h>
#include <string.h>

#include "tests/simulator/sim_options.h"

int main(void)
{
	char line[1024];

	while (fgets(line, sizeof(line), stdin)) {
		if (strcmp(line, "@OPTIONS@\n") == 0)
			sim_options_print_mdoc(stdout);
		else
			fputs(line, stdout);
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
