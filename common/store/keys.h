/*
 * The names of Redis keys that C code uses itself; docs/REDIS.md lists every key, lua/lib/keys.lua
 * builds those that scripts use.
 */
#ifndef KEYS_H
#define KEYS_H

#include "common/lp_buf.h"
#include "common/lp_str.h"

/* Appends P{<namespace>}, the first key given to every script of a namespace. */
void key_namespace(struct lp_buf *out, const char *prefix, struct lp_str nsp);
/* Appends P{<namespace>}:<what>, for example "conf". */
void key_of_namespace(struct lp_buf *out, const char *prefix, struct lp_str nsp, const char *what);
/* Appends P<what>, for example "nodes". */
void key_of_platform(struct lp_buf *out, const char *prefix, const char *what);
/* Appends P inbox:<owner>. */
void key_inbox(struct lp_buf *out, const char *prefix, struct lp_str owner);

#endif
