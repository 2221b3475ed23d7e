#include "config.h"

#include "common/cli.h"
#include "worker/worker.h"

int main(int argc, char **argv)
{
	struct settings settings;
	struct worker *worker;
	int status;

	if (!cli_start(&settings, argc, argv,
		       "Calls disconnect callbacks, reaches devices that are away, writes the "
		       "archive, "
		       "clears up after connectors that died.",
		       &status))
		return status;
	worker = worker_new(&settings);
	status = worker ? worker_run(worker) : 1;
	worker_free(worker);
	cli_finish(&settings);
	return status;
}
