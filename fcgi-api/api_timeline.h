#ifndef API_TIMELINE_H
#define API_TIMELINE_H

#include "fcgi-api/api.h"

/* GET /api/auth/report/push/:id/timeline: what has become of a message, step by step. */
void api_timeline(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

#endif
