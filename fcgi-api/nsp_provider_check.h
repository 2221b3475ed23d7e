/* Whether an entry of push_providers can be used as it was saved. No I/O. */
#ifndef NSP_PROVIDER_CHECK_H
#define NSP_PROVIDER_CHECK_H

#include "fcgi-api/nsp_providers.h"

/*
 * entry: as it is to be stored, its secrets sealed or in the clear. change: what was given; only
 * what it has to do with is looked at, so that a certificate that has expired meanwhile does not
 * prevent other changes. NULL, or what is wrong (static text) with the name of the field in *field.
 */
const char *nsp_provider_check(const struct nsp_providers *env, struct json_object *entry,
			       struct json_object *change, const char **field);

#endif
