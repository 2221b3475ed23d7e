/* The endpoints that list who is online, the rooms and the users, page by page. */
#ifndef API_LIST_H
#define API_LIST_H

#include "fcgi-api/api.h"

/* GET /api/auth/clients */
void api_list_clients(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

/* GET /api/auth/rooms */
void api_list_rooms(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

/* GET /api/auth/users */
void api_list_users(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

#endif
