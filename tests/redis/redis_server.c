#include "config.h"

#include <ftw.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/lp_mem.h"
#include "tests/redis/redis_server.h"

#define TRIES 3000 /* of 10 ms */

struct redis_server {
	pid_t pid;
	char dir[64];
	char path[80];
	char address[88];
};

/* delay: microseconds that loading takes for each key. */
static void launch(struct redis_server *s, const char *delay)
{
	s->pid = fork();
	if (s->pid < 0)
		abort();
	if (s->pid > 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execlp("redis-server", "redis-server", "--port", "0", "--unixsocket", s->path, "--dir",
	       s->dir, "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--logfile",
	       "redis.log", "--key-load-delay", delay, (char *)NULL);
	_exit(77);
}

/* Waits until it answers; loading: even with an error. */
static void wait_ready(struct redis_server *s, bool loading)
{
	const struct timespec pause = {0, 10 * 1000 * 1000};

	for (int i = 0; i < TRIES; i++) {
		redisContext *c = redisConnectUnix(s->path);
		redisReply *r = c && !c->err ? redisCommand(c, "PING") : NULL;
		bool ok = r && (r->type == REDIS_REPLY_STATUS || loading);
		int status;

		if (r)
			freeReplyObject(r);
		if (c)
			redisFree(c);
		if (ok)
			return;
		if (waitpid(s->pid, &status, WNOHANG) == s->pid) {
			fprintf(stderr, "redis-server does not start\n");
			exit(WIFEXITED(status) ? 77 : 1);
		}
		nanosleep(&pause, NULL);
	}
	fprintf(stderr, "redis-server does not answer\n");
	abort();
}

struct redis_server *redis_server_start(void)
{
	struct redis_server *s = lp_xcalloc(1, sizeof(*s));
	const char *tmp = getenv("TMPDIR");

	/* The path of a unix socket is short. */
	if (!tmp || strlen(tmp) > 40)
		tmp = "/tmp";
	snprintf(s->dir, sizeof(s->dir), "%s/lp-redis-XXXXXX", tmp);
	if (!mkdtemp(s->dir))
		abort();
	snprintf(s->path, sizeof(s->path), "%s/socket", s->dir);
	snprintf(s->address, sizeof(s->address), "unix:%s", s->path);
	launch(s, "0");
	wait_ready(s, false);
	return s;
}

const char *redis_server_address(const struct redis_server *s)
{
	return s->address;
}

struct redisContext *redis_server_connect(const struct redis_server *s)
{
	redisContext *c = redisConnectUnix(s->path);

	if (!c || c->err)
		abort();
	return c;
}

void redis_server_kill(struct redis_server *s)
{
	kill(s->pid, SIGKILL);
	waitpid(s->pid, NULL, 0);
}

void redis_server_again(struct redis_server *s)
{
	launch(s, "0");
	wait_ready(s, false);
}

void redis_server_again_slowly(struct redis_server *s)
{
	launch(s, "100");
	wait_ready(s, true);
}

void redis_server_freeze(struct redis_server *s)
{
	kill(s->pid, SIGSTOP);
}

void redis_server_thaw(struct redis_server *s)
{
	kill(s->pid, SIGCONT);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

void redis_server_stop(struct redis_server *s)
{
	redis_server_kill(s);
	nftw(s->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(s);
}
