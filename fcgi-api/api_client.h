/* The endpoint about one client. */
#ifndef API_CLIENT_H
#define API_CLIENT_H

#include "fcgi-api/api.h"

/* POST /api/auth/client */
void api_client(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

#endif
