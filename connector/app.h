/* The connector as a whole: owns every part, starts and stops them in order. */
#ifndef APP_H
#define APP_H

#include "common/settings.h"

struct app;

/*
 * Makes the parts and takes the port, without listening on it yet. settings are borrowed. NULL
 * when something is wrong with the system or the settings, said in one log line.
 */
struct app *app_new(struct settings *settings);
/*
 * Registers with Redis, then listens, then serves until SIGTERM or SIGINT. Returns the exit status:
 * 0 after an orderly stop, 1 when it could not start.
 */
int app_run(struct app *a);
void app_free(struct app *a);

#endif
