/* Endpoints about namespaces: read, save, list, clear. */
#ifndef API_NAMESPACE_H
#define API_NAMESPACE_H

#include "fcgi-api/api.h"

/* GET /api/auth/namespace */
void api_namespace_get(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* POST /api/auth/namespace/save: the caller's own */
void api_namespace_save(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* POST /api/admin/namespace/save: any, also a new one */
void api_namespace_admin_save(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* GET /api/admin/namespace/list */
void api_namespace_list(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* GET, POST /api/admin/namespace/clear/:key: its data */
void api_namespace_clear(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* GET, POST /api/admin/namespace/flush/:key: its data and itself */
void api_namespace_flush(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* POST /api/admin/namespace/clear-realtime-data: who is online */
void api_namespace_clear_realtime(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* POST /api/admin/clear-legacy-client: clients not seen for long */
void api_namespace_clear_legacy(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

#endif
