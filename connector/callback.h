/* Asks the namespaces' connect callbacks: struct callback_ops of core/ports.h on http_caller. */
#ifndef CALLBACK_H
#define CALLBACK_H

#include "common/http/http_caller.h"
#include "common/settings.h"
#include "connector/core/ports.h"

/* To be given to core_set_callbacks() with a caller of callback_caller_new(). */
extern const struct callback_ops callback_http_ops;

/* settings are borrowed. NULL when libcurl can not be used. */
struct http_caller *callback_caller_new(struct event_base *base, const struct settings *settings);

#endif
