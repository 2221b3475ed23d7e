/* POST /api/auth/push/batch: many pushes in one request, with an answer for each. */
#ifndef API_PUSH_BATCH_H
#define API_PUSH_BATCH_H

#include "fcgi-api/api.h"

#define API_PUSH_BATCH_MAX 1000 /* messages */

void api_push_batch(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

#endif
