/* Endpoints about disconnect callbacks that were given up. */
#ifndef API_CALLBACK_H
#define API_CALLBACK_H

#include "fcgi-api/api.h"

/* GET /api/auth/namespace/dead-callbacks: a page of them, newest first */
void api_callback_list(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* POST /api/auth/namespace/dead-callbacks/replay: sends one, or all of them, again */
void api_callback_replay(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

#endif
