/* What a namespace uses of its limits. */
#ifndef NSP_USE_H
#define NSP_USE_H

#include "fcgi-api/api_error.h"

/* Appends ,"use":{...} for behind the settings. API_OK, or the error to answer with. */
enum api_error nsp_use_json(struct api_ctx *ctx, struct lp_str nsp,
			    struct lp_buf *out) LP_MUSTCHECK;

#endif
