/*
 * Engine messages encoded once for everybody: a block that is a whole websocket text frame around
 * one engine.io packet. Websockets of both protocols send it as it is; for a poll the packet is
 * read back out of it.
 */
#ifndef FRAME_H
#define FRAME_H

#include "common/lp_mem.h"
#include "common/lp_str.h"

/* A frame around the text a+b+c; one reference, the caller's. */
struct lp_blob *frame_text(struct lp_str a, struct lp_str b, struct lp_str c);
/* A socket.io EVENT packet in the namespace; json: the array text ["name",...]. */
struct lp_blob *frame_event(struct lp_str nsp, struct lp_str json);
/* The engine packet inside: type digit and data. */
struct lp_str frame_packet(const struct lp_blob *frame);

#endif
