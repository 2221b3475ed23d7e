/*
 * A redis-server of the test's own: no port, a unix socket in a new folder under $TMPDIR or /tmp,
 * every write on disk before it is answered. It ends with the test, also when that crashes.
 */
#ifndef REDIS_SERVER_H
#define REDIS_SERVER_H

struct redis_server;
struct redisContext;

/* Ends the program with status 77 (skipped) when there is no redis-server. */
struct redis_server *redis_server_start(void);
/* For the setting redis_address: "unix:/...". */
const char *redis_server_address(const struct redis_server *s);
/* A new connection; the caller frees it. Aborts when there is none to be had. */
struct redisContext *redis_server_connect(const struct redis_server *s);
/* kill -9. */
void redis_server_kill(struct redis_server *s);
/* Starts it again with what was on disk. */
void redis_server_again(struct redis_server *s);
/* The same, with a tenth of a millisecond for each command; does not wait until that is done. */
void redis_server_again_slowly(struct redis_server *s);
/* Stops answering without closing anything, and goes on. */
void redis_server_freeze(struct redis_server *s);
void redis_server_thaw(struct redis_server *s);
/* Ends it and removes the folder. */
void redis_server_stop(struct redis_server *s);

#endif
