#include "config.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "common/push/provider_conf.h"
#include "common/store/keys.h"
#include "ctl/doctor.h"

#define SOON_DAYS 30

static void check_certificate(struct findings *f, X509 *certificate, const char *whose)
{
	int days = 0, seconds = 0;

	if (!ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)))
		finding_add(f, "certificate", FINDING_ERROR, "replace it",
			    "%s: the date can not be read", whose);
	else if (days <= 0 && seconds <= 0)
		finding_add(f, "certificate", FINDING_ERROR, "replace it", "%s has expired", whose);
	else if (days < SOON_DAYS)
		finding_add(f, "certificate", FINDING_WARNING, "replace it before",
			    "%s expires in %d days", whose, days);
	else
		finding_add(f, "certificate", FINDING_OK, NULL, "%s: %d days", whose, days);
}

/* The first certificate of a PEM file, the one that is shown to others. */
static void check_file(struct findings *f, const char *path)
{
	FILE *file = fopen(path, "re");
	X509 *certificate = file ? PEM_read_X509(file, NULL, NULL, NULL) : NULL;
	struct lp_buf whose = {0};

	lp_buf_addf(&whose, "tls_cert %s", path);
	if (certificate)
		check_certificate(f, certificate, whose.data);
	else
		finding_add(f, "certificate", FINDING_ERROR, "is it there, readable and PEM?",
			    "%s can not be read", whose.data);
	X509_free(certificate);
	if (file)
		fclose(file);
	lp_buf_clear(&whose);
}

static void check_text(struct findings *f, struct lp_str pem, const char *whose)
{
	BIO *bio = BIO_new_mem_buf(pem.p, (int)pem.n);
	X509 *certificate = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

	if (certificate)
		check_certificate(f, certificate, whose);
	else
		finding_add(f, "certificate", FINDING_ERROR, "store it anew, as PEM",
			    "%s can not be read", whose);
	X509_free(certificate);
	BIO_free(bio);
}

/* Each provider of a namespace: can it be used, and for how long. */
static void check_providers(struct findings *f, const struct provider_set *set)
{
	struct lp_str nsp = provider_set_namespace(set);
	const struct provider_entry *e;

	for (size_t i = 0; (e = provider_set_at(set, i)); i++) {
		struct lp_buf whose = {0};

		lp_buf_addf(&whose, "%.*s, push provider %s", LP_FMT(nsp), e->name);
		if (e->broken)
			finding_add(f, "provider", FINDING_ERROR,
				    "save it anew, see push_providers and secret_keys", "%s: %s",
				    whose.data, e->broken);
		else if (e->type == PROVIDER_APNS && *e->apns.cert)
			check_text(f, lp_cstr(e->apns.cert), whose.data);
		else
			finding_add(f, "provider", FINDING_OK, NULL, "%s", whose.data);
		lp_buf_clear(&whose);
	}
}

static void check_namespace(struct ctl *ctl, struct findings *f, struct lp_str nsp,
			    const struct secret_keys *keys)
{
	struct redis_args args = {0};
	struct redisReply *reply;
	struct provider_set *set;

	redis_args_addz(&args, "HMGET");
	key_of_namespace(&args.text, ctl->settings.redis_prefix, nsp, "conf");
	redis_args_end(&args);
	redis_args_addz(&args, "push_providers");
	redis_args_addz(&args, "apns_list");
	if (redis_command(ctl->ctx.redis, &args, &reply) == LP_OK) {
		set = provider_set_new(nsp, redis_reply_str(redis_reply_at(reply, 0)),
				       redis_reply_str(redis_reply_at(reply, 1)), keys,
				       ctl->settings.fcm_token_hosts);
		check_providers(f, set);
		provider_set_release(set);
	}
	redis_reply_free(reply);
	redis_args_clear(&args);
}

void doctor_certificates(struct ctl *ctl, struct findings *f)
{
	struct redis_args args = {0};
	struct redisReply *reply;
	struct lp_buf why = {0};
	struct secret_keys *keys = *ctl->settings.secret_keys
					   ? secret_keys_new(ctl->settings.secret_keys, &why)
					   : NULL;

	if (*ctl->settings.tls_cert)
		check_file(f, ctl->settings.tls_cert);
	redis_args_addz(&args, "ZRANGE");
	key_of_platform(&args.text, ctl->settings.redis_prefix, "namespaces");
	redis_args_end(&args);
	redis_args_addz(&args, "0");
	redis_args_addz(&args, "-1");
	if (redis_command(ctl->ctx.redis, &args, &reply) == LP_OK) {
		for (size_t i = 0; i < redis_reply_count(reply); i++)
			check_namespace(ctl, f, redis_reply_str(redis_reply_at(reply, i)), keys);
	}
	redis_reply_free(reply);
	redis_args_clear(&args);
	secret_keys_free(keys);
	lp_buf_clear(&why);
}
