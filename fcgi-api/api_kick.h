/* The endpoint that sends clients away. */
#ifndef API_KICK_H
#define API_KICK_H

#include "fcgi-api/api.h"

/* POST /api/auth/client/disconnect */
void api_kick(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

#endif
