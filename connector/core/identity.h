/*
 * Who a socket says it is. Old clients say it in the URL, those of protocol 4 also in the query of
 * the CONNECT packet, those of protocol 5 in its auth object; the URL wins.
 */
#ifndef IDENTITY_H
#define IDENTITY_H

#include "common/lp_buf.h"
#include "common/lp_json.h"
#include "common/model/ident.h"
#include "connector/engine/socket.h"

struct identity {
	struct lp_buf uuid;
	struct lp_buf userid; /* as uuid when not given */
	enum platform platform;
	bool announced;      /* activityBroadcast: the others in its rooms are told of it */
	struct lp_buf token; /* a JWT, where the namespace wants one */
	bool provisional;    /* it gave only a token: uuid and userid stand for nobody */
};

/* Values in an auth object at most, as long as nobody knows whose it is. */
#define IDENTITY_AUTH_MAX 1000

/* The auth object, NULL when that text is none, or too large. The caller puts it. */
struct json_object *identity_auth(struct lp_str text);

/*
 * Reads and checks it. Returns NULL, or the message to refuse the socket with. *who is always to be
 * cleared.
 */
const char *identity_read(struct identity *who, const struct socket_request *req,
			  const struct ident_rules *rules);
void identity_clear(struct identity *who);

#endif
