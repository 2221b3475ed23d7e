/* The endpoints about a namespace's API tokens. */
#ifndef API_TOKEN_H
#define API_TOKEN_H

#include "fcgi-api/api.h"

/* POST /api/auth/token */
void api_token_new(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

/* GET /api/auth/token */
void api_token_list(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

/* POST /api/auth/token/revoke */
void api_token_revoke(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

#endif
