/*
 * Engine messages encoded once for everybody: a block that is a whole websocket text frame around
 * one engine.io packet. Websockets of both protocols send it as it is; for a poll the packet is
 * read back out of it.
 */
#ifndef FRAME_H
#define FRAME_H

#include "common/lp_mem.h"
#include "common/lp_str.h"
#include "connector/proto/eio_packet.h"

/* A frame around the text a+b+c; one reference, the caller's. */
struct lp_blob *frame_text(struct lp_str a, struct lp_str b, struct lp_str c);
/* A socket.io EVENT packet in the namespace; json: the array text ["name",...]. */
struct lp_blob *frame_event(struct lp_str nsp, struct lp_str json);
/* A binary websocket frame with one engine message; the older protocol puts its type in front. */
struct lp_blob *frame_binary(int version, struct lp_str data);
/* The payload inside: of a text frame the engine packet, type digit and data. */
struct lp_str frame_payload(const struct lp_blob *frame);
bool frame_is_binary(const struct lp_blob *frame);
/* The engine packet inside, for a session of that version; points into the frame. */
struct eio_packet frame_packet(const struct lp_blob *frame, int version);
/* A text frame with the same packet, base64 in place of bytes; one reference, the caller's. */
struct lp_blob *frame_to_base64(const struct lp_blob *frame, int version);

#endif
