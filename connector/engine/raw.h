/*
 * Engine.io without socket.io on top: an application that takes the messages as they are. An
 * engine has either this table or struct app_ops.
 */
#ifndef RAW_H
#define RAW_H

#include <stdbool.h>

#include "common/lp_str.h"
#include "connector/engine/engine.h"

struct session;

struct raw_ops {
	/* May be NULL. */
	void (*open)(struct session *s);
	void (*message)(struct session *s, bool binary, struct lp_str data);
	/* May be NULL. */
	void (*closed)(struct session *s, enum close_reason reason);
};

/* As engine_new(). */
struct engine *engine_new_raw(const struct engine_conf *conf, const struct raw_ops *raw,
			      void *app_data, void (*random)(void *buf, size_t len));

void raw_send(struct session *s, bool binary, struct lp_str data);

#endif
