/* One FastCGI request: params and body in, headers and body out. */
#ifndef FCGI_REQ_H
#define FCGI_REQ_H

#include "fcgi-api/api.h"

struct FCGX_Request;

/*
 * Answers the request that fcgi holds. Returns true when the request was read to its end, so that
 * its connection can take another one.
 */
bool fcgi_req_serve(struct api_ctx *ctx, struct FCGX_Request *fcgi);

#endif
