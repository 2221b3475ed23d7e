/* What the administrator's tools ask of the platform as a whole. */
#ifndef API_OPERATOR_H
#define API_OPERATOR_H

#include "fcgi-api/api.h"

/* GET /api/admin/overview */
void api_operator_overview(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* GET /api/admin/settings: those of this program */
void api_operator_settings(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* GET /api/admin/metrics: for Prometheus */
void api_operator_metrics(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

#endif
