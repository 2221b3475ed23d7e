/* Endpoints over the archive, which keeps what has expired in Redis. */
#ifndef API_HISTORY_H
#define API_HISTORY_H

#include "fcgi-api/api.h"

/* GET /api/auth/history */
void api_history(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* GET /api/auth/history/:id */
void api_history_message(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* GET /api/auth/history/stat */
void api_history_stat(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* GET /api/auth/history/clients */
void api_history_clients(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* GET /api/auth/history/export */
void api_history_export(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

#endif
