/* The fields of an entry of push_providers, by type: what the API stores and the worker reads. */
#ifndef PROVIDER_FIELDS_H
#define PROVIDER_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "common/lp_buf.h"
#include "common/lp_str.h"

enum provider_type { PROVIDER_APNS, PROVIDER_FCM, PROVIDER_WEBPUSH, PROVIDER_TYPES };

/* "apns", "fcm", "webpush" */
extern const char *const provider_type_names[PROVIDER_TYPES];
/* PROVIDER_TYPES for any other word; an empty one is apns, which entries of apns_list do not say. */
enum provider_type provider_type_parse(struct lp_str name);

struct provider_field {
	const char *name;
	enum provider_type type;
	bool secret; /* sealed at rest, never given out */
	size_t max;  /* bytes */
};

extern const struct provider_field provider_fields[];
extern const size_t provider_field_count;

#define PROVIDER_NAME_MAX 100u

/*
 * Whether an entry could have that name, as far as it matters where clients give it: what the
 * namespace saves follows the rules for names of rooms.
 */
static inline bool provider_name_plausible(struct lp_str name)
{
	for (size_t i = 0; i < name.n; i++) {
		if ((unsigned char)name.p[i] <= ' ' || name.p[i] == 0x7f)
			return false;
	}
	return name.n > 0 && name.n <= PROVIDER_NAME_MAX;
}

/* Appends what a secret is bound to: see secret_box.h. */
void provider_place(struct lp_buf *out, struct lp_str nsp, struct lp_str entry, const char *field);

#endif
