/*
 * The command line all programs share:
 *
 *     PROGRAM [--config FILE] [--set NAME=VALUE]...
 *             [--check-config | --show-config | --default-config | --version | --help]
 *
 * and the first steps of every main(): settings, then the log.
 */
#ifndef CLI_H
#define CLI_H

#include "common/settings.h"

/*
 * Parses argv and fills s; opens the log and sets the time zone of the process. Without --config it
 * reads SYSCONFDIR/light-push.conf if that exists. Returns true when the program shall run; false
 * when all is done or wrong, with the exit status in *status (0, or 2 for a usage or configuration
 * error, already reported in one line on standard error). argv must stay as it is while the program
 * runs.
 */
bool cli_start(struct settings *s, int argc, char **argv, const char *summary, int *status);

/*
 * What SIGHUP asks for: opens the log again and takes over the settings that a running program can
 * change; the others that differ are named in the log. Wrong settings are logged and left out. Not
 * for a program whose threads read s meanwhile.
 */
void cli_reload(struct settings *s);

/* Clears s and closes the log; the last step of a main() whose cli_start() returned true. */
void cli_finish(struct settings *s);

#endif
