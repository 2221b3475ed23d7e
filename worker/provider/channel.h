/*
 * Who may send to a provider, and when. A channel is one provider's server as one account or
 * certificate (or none) knows it; it has one HTTP/2 connection. Calls belong to a group, such as a
 * namespace: a group has so many calls under way and so many that wait, and a place that becomes
 * free goes to the next group in turn, so that one with a hundred thousand devices delays nobody.
 *
 *     call --> WAITING --> RUNNING --> done
 *        |        |                     ^
 *        +--------+---- not sent -------+   the channel is paused, or too many wait
 *
 * A server that asks for time (Retry-After), or can not be reached, pauses the channel; after a
 * failure one call at a time tries until one is answered.
 */
#ifndef CHANNEL_H
#define CHANNEL_H

#include "common/lp_buf.h"
#include "worker/provider/h2.h"

struct channels;
struct channel;
struct channel_call;
struct event_base;

/* Borrowed; of all channels. */
struct channels_conf {
	const char *ca_file;
	unsigned streams;     /* calls of one channel under way */
	unsigned concurrency; /* of these, of one group */
	unsigned queue;       /* calls of one group that wait at one channel */
	unsigned timeout_ms;  /* of a call that is under way */
	uint64_t idle_ms;     /* a channel that nobody used for so long is closed */
};

enum channel_end {
	CHANNEL_ANSWERED,
	CHANNEL_FAILED,  /* no answer: see h2_answer */
	CHANNEL_PAUSED,  /* not sent: the server wants or needs to be left alone */
	CHANNEL_BUSY,    /* not sent: too many calls of the group wait */
	CHANNEL_INVALID, /* not sent: begin() said no */
};

struct channel_result {
	enum channel_end end;
	struct h2_answer answer; /* of ANSWERED and FAILED; why of the others too */
	uint64_t retry_ms;       /* how long the channel, or its answer, asks to wait; 0: nothing */
	struct channel *channel; /* of ANSWERED */
};

struct channel_ops {
	/*
	 * A place is free: makes the request. Returns why it can not be sent (static text), or NULL
	 * with all of request set.
	 */
	const char *(*begin)(void *arg, struct h2_request *request);
	/* Exactly once per call, never from inside channel_call(). */
	void (*done)(void *arg, const struct channel_result *result);
};

/* NULL when libcurl, which looks up names, can not be started. */
struct channels *channels_new(struct event_base *base, const struct channels_conf *conf);
/* Calls are called off: done() is not called for them. */
void channels_free(struct channels *all);

struct channel_key {
	struct lp_str origin;   /* https://host:port */
	struct lp_str account;  /* any bytes; those of different ones share nothing */
	const char *cert, *key; /* PEM; NULL: none */
	bool guest;             /* a client named the origin: such channels are bounded more */
	bool public_only;
};

/* Channels at a time: all, those of guests, and of these those of one account. */
#define CHANNELS_MAX       512u
#define GUESTS_MAX         256u
#define GUESTS_ACCOUNT_MAX 32u

/*
 * The channel for that key, opened when there is none; it is good until the loop turns. When there
 * are as many as can be, the one goes that was not used for the longest; NULL when all are in use.
 */
struct channel *channels_get(struct channels *all, const struct channel_key *key);

void channel_call(struct channel *ch, struct lp_str group, const struct channel_ops *ops,
		  void *arg);
/* How many more calls of that group would be taken. */
size_t channel_room(const struct channel *ch, struct lp_str group);
/* Ends what waits, and takes nothing for that time. */
void channel_pause(struct channel *ch, uint64_t ms);

/* Of all channels together: under way, waiting, connections that were given up because they stood still. */
struct channels_stats {
	size_t running, waiting, channels;
	uint64_t calls, failed, broken;
};
const struct channels_stats *channels_stats(const struct channels *all);

#endif
