#include "config.h"

#include "common/cli.h"
#include "connector/app.h"

int main(int argc, char **argv)
{
	struct settings settings;
	struct app *app;
	int status;

	if (!cli_start(&settings, argc, argv,
		       "Holds the socket.io connections of clients and delivers pushes to them.",
		       &status))
		return status;
	app = app_new(&settings);
	status = app ? app_run(app) : 1;
	app_free(app);
	cli_finish(&settings);
	return status;
}
