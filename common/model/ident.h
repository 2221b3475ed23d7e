/*
 * The names that come from outside: namespace keys, rooms, user ids, uuids, platforms, and the
 * client id made of them. Pure.
 */
#ifndef IDENT_H
#define IDENT_H

#include <stdbool.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"

enum platform { PLATFORM_WEB, PLATFORM_IOS, PLATFORM_ANDROID, PLATFORM_COUNT };

/* The setting key_reg unless the operator changed it. */
#define IDENT_DEFAULT_PATTERN "^[\\w.\\\\\\-$#/]+$"

/* Which names are accepted; one per process, read-only once made, so threads may share it. */
struct ident_rules;

/*
 * pattern: a POSIX extended regular expression, in which the Perl forms \w and \d (also inside
 * brackets) are understood, as light-push 1.x's key_reg has them. Back references, other Perl
 * escapes, and more than 2000 repetitions, those of groups in groups multiplied, are refused. The
 * default pattern is matched by a table instead. No maximum is over 1000. Returns NULL and a
 * one-line *error (heap) when the pattern can not be used.
 */
struct ident_rules *ident_rules_new(const char *pattern, size_t namespace_max, size_t room_max,
				    size_t userid_max, size_t uuid_max, char **error);
void ident_rules_free(struct ident_rules *r);

/*
 * Lengths count bytes; names are valid UTF-8 without NUL under every pattern. A namespace also
 * begins with '/', is longer than that, and has no braces.
 */
bool ident_namespace(const struct ident_rules *r, struct lp_str s);
bool ident_room(const struct ident_rules *r, struct lp_str s);
bool ident_userid(const struct ident_rules *r, struct lp_str s);
bool ident_uuid(const struct ident_rules *r, struct lp_str s);

/* "web", "ios", "android"; empty means web. LP_EINVAL for anything else. */
int platform_parse(struct lp_str s, enum platform *out) LP_MUSTCHECK;
const char *platform_name(enum platform p);

/* Appends <namespace>#<userid>#<platform>-<uuid>. */
void ident_client_id(struct lp_buf *out, struct lp_str nsp, struct lp_str userid, enum platform p,
		     struct lp_str uuid);

/* Whether id is a client id of that namespace, whichever way it is cut into its parts. */
bool ident_is_client(const struct ident_rules *r, struct lp_str nsp, struct lp_str id);

#endif
