/*
 * What a client came with, as the business system gets it: the query of its handshake, from
 * wherever it said those things, with uuid, userid and platform filled in; and its cookie.
 */
#ifndef HANDSHAKE_H
#define HANDSHAKE_H

#include "common/lp_buf.h"
#include "connector/core/identity.h"
#include "connector/engine/socket.h"

struct handshake {
	struct lp_buf query; /* encoded */
	struct lp_buf cookie;
	struct lp_buf token;      /* as it came; empty: none, or one that is too long */
	void *question;           /* the connect callback is being asked, see ports.h */
	bool asked;               /* it has been, and let the client in */
	struct lp_blob *farewell; /* it was sent away before the store answered: once it is in, it
				   * gets this frame and goes; owned, or NULL */
	bool provisional;         /* it did not say who it is: only its token does */
	bool verified;            /* its token: the query goes on without that */
	bool counted;             /* the client's rooms count its registration */
};

struct handshake *handshake_new(const struct socket_request *req, const struct identity *who);
/* The client is somebody else: who. */
void handshake_rename(struct handshake *h, const struct identity *who);
/* NULL is fine. */
void handshake_free(struct handshake *h);

#endif
