/*
 * From a request to its handler. The order, which callers can see: OPTIONS, path and method,
 * authorization, query, body, handler.
 */
#ifndef ROUTE_H
#define ROUTE_H

#include "fcgi-api/api.h"
#include "fcgi-api/auth.h"

struct route {
	enum api_method method;
	const char *path; /* segments; one that is ":id" stands for any, kept in req->arg */
	enum auth_level auth;
	enum api_scope scope; /* of an API token that may ask this */
	void (*handler)(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);
};

/* Answers the request: fills resp. */
void route_serve(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

/* The handler of GET /health. */
void route_health(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

/* The handler of the two logins: who got this far is welcome. */
void route_login(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

#endif
