/* Endpoints that tell what was pushed and who is online. */
#ifndef API_REPORT_H
#define API_REPORT_H

#include "fcgi-api/api.h"

/* GET /api/auth/report/push */
void api_report_push(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* GET /api/auth/report/push/:id */
void api_report_message(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* Whether s can be the id of a message: what push.lua gave, digits, no zero in front. */
bool api_report_id(struct lp_str s);
/* Adds what a connector has delivered, "<web>/<ios>/<android>" as its field of the record says. */
void api_report_delivered(struct lp_str counts, int64_t online[PLATFORM_COUNT]);
/* GET /api/auth/report/online */
void api_report_online(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* GET /api/admin/report/online */
void api_report_admin_online(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

#endif
