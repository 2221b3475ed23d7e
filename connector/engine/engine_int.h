/* The engine's insides, for connector/engine/ only. */
#ifndef ENGINE_INT_H
#define ENGINE_INT_H

#include "common/lp_buf.h"
#include "connector/engine/address_count.h"
#include "connector/engine/engine.h"
#include "connector/engine/session.h"
#include "connector/engine/socket.h"
#include "connector/engine/wheel.h"

struct engine {
	struct engine_conf conf;
	const struct app_ops *app; /* this, or raw */
	const struct raw_ops *raw;
	void *app_data;
	void (*random)(void *buf, size_t len);
	struct session *sessions;        /* table by id */
	struct session *dirty;           /* to see to at the end of this pass */
	struct session *closed;          /* to free at the end of this pass */
	struct address_count *addresses; /* table */
	struct wheel wheel;
	uint64_t now; /* of the last call that brought it */
	struct engine_stats stats;
	struct lp_buf scratch; /* answers are built here, and base64 decoded */
	struct lp_buf packet;  /* socket.io packets are encoded here */
	struct lp_buf name;    /* of the event being handled */
	struct lp_buf cookie;  /* of the answer being given */
	/* encoded once */
	struct lp_blob *ping, *pong, *probe_pong, *noop, *close;
};

#endif
