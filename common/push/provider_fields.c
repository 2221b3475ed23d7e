#include "config.h"

#include "common/push/provider_fields.h"

#define PEM_MAX ((size_t)32 * 1024)

const char *const provider_type_names[PROVIDER_TYPES] = {"apns", "fcm", "webpush"};

const struct provider_field provider_fields[] = {
	{"apns_env", PROVIDER_APNS, false, 20},
	{"apns_expiration", PROVIDER_APNS, false, 20},
	{"apns_topic", PROVIDER_APNS, false, 200},
	{"apns_dev_cert", PROVIDER_APNS, true, PEM_MAX},
	{"apns_dev_key", PROVIDER_APNS, true, PEM_MAX},
	{"apns_production_cert", PROVIDER_APNS, true, PEM_MAX},
	{"apns_production_key", PROVIDER_APNS, true, PEM_MAX},
	{"token_key", PROVIDER_APNS, true, PEM_MAX},
	{"token_keyId", PROVIDER_APNS, false, 50},
	{"token_teamId", PROVIDER_APNS, false, 50},
	{"service_account", PROVIDER_FCM, true, PEM_MAX},
	{"vapid_private_key", PROVIDER_WEBPUSH, true, PEM_MAX},
	{"vapid_public_key", PROVIDER_WEBPUSH, false, 100},
	{"vapid_subject", PROVIDER_WEBPUSH, false, 200},
};
const size_t provider_field_count = sizeof(provider_fields) / sizeof(*provider_fields);

enum provider_type provider_type_parse(struct lp_str name)
{
	int type = 0;

	if (!name.n)
		return PROVIDER_APNS;
	while (type < PROVIDER_TYPES && !lp_str_eq(name, lp_cstr(provider_type_names[type])))
		type++;
	return (enum provider_type)type;
}

void provider_place(struct lp_buf *out, struct lp_str nsp, struct lp_str entry, const char *field)
{
	lp_buf_adds(out, nsp);
	lp_buf_addc(out, '\n');
	lp_buf_adds(out, entry);
	lp_buf_addc(out, '\n');
	lp_buf_addz(out, field);
}
