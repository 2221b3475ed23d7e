/* POST /api/auth/push. */
#ifndef API_PUSH_H
#define API_PUSH_H

#include "fcgi-api/api.h"

void api_push(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

#endif
