/* What is asked of the archive, from the parameters of a request. */
#ifndef HISTORY_QUERY_H
#define HISTORY_QUERY_H

#include "fcgi-api/api.h"
#include "fcgi-api/history_cursor.h"

#define HISTORY_SIZE     20  /* messages of a page by default */
#define HISTORY_SIZE_MAX 500 /* and at most */
#define HISTORY_TEXT_MAX 200 /* bytes of a text to look for */

struct history_query {
	/* Borrowed from the request; empty: any. */
	struct lp_str nsp, room, apns_name, text;
	int leave;        /* leaveMessage: 1 or 0; -1: any */
	int64_t from, to; /* ms since 1970; `to` is not included */
	int64_t size;
	uint64_t number; /* of all but the size, see list_cursor_hash() */
	struct history_cursor cursor;
};

/* The same for clients that came and went. */
struct history_clients_query {
	struct lp_str nsp, client, user; /* borrowed from the request; empty: any */
	int64_t from, to;                /* as above */
	int64_t size;
	uint64_t number;
	struct history_cursor cursor;
};

/*
 * Reads room, from, to, leaveMessage, apnsName, q, size and cursor. False when one of them is wrong:
 * then resp is the answer.
 */
bool history_query_read(struct history_query *q, struct api_ctx *ctx, struct api_req *req,
			struct api_resp *resp);

/* Reads client, user, from, to, size and cursor, as above. */
bool history_query_clients(struct history_clients_query *q, struct api_ctx *ctx,
			   struct api_req *req, struct api_resp *resp);

/*
 * Reads from and to; when one is not given its place keeps its value. False as above, also when
 * nothing lies between them.
 */
bool history_query_times(struct json_object *params, struct api_resp *resp, int64_t *from,
			 int64_t *to);

#endif
