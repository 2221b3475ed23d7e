/* Endpoints that change something for everybody in a room. */
#ifndef API_ROOM_H
#define API_ROOM_H

#include "fcgi-api/api.h"

/* POST /api/auth/transfer */
void api_room_transfer(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* POST /api/auth/room-apns */
void api_room_apns(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
/* POST /api/auth/room-leave-message */
void api_room_leave_message(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

#endif
