/* The endpoints about how many messages there were, and what came of them. */
#ifndef API_STAT_H
#define API_STAT_H

#include "fcgi-api/api.h"

/* GET /api/auth/namespace/current-message-stat */
void api_stat_current(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

/* GET /api/auth/namespace/message-stat */
void api_stat(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

#endif
