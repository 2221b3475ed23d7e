#include "config.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "common/lp_json.h"
#include "common/store/keys.h"
#include "ctl/doctor.h"

#define SOON_DAYS 30

static void check_certificate(struct findings *f, X509 *certificate, const char *whose)
{
	int days = 0, seconds = 0;

	if (!ASN1_TIME_diff(&days, &seconds, NULL, X509_get0_notAfter(certificate)))
		finding_add(f, "certificate", FINDING_ERROR, "replace it",
			    "%s: the date can not be read", whose);
	else if (days < 0 || seconds < 0)
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

/*
 * Certificates in the list of providers of a namespace, wherever they stand: what each kind of
 * provider calls its own is not looked at.
 */
static void check_list(struct findings *f, struct lp_str nsp, struct lp_str stored)
{
	struct json_object *list = NULL;

	if (!stored.n || lp_json_parse(stored, &list) != LP_OK ||
	    !json_object_is_type(list, json_type_array)) {
		json_object_put(list);
		return;
	}
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		struct lp_str provider = lp_json_str(one, "name");

		if (!json_object_is_type(one, json_type_object))
			continue;
		json_object_object_foreach(one, name, value)
		{
			struct lp_str pem = lp_json_str(one, name);
			struct lp_buf whose = {0};

			(void)value;
			if (!pem.n || !strstr(pem.p, "BEGIN CERTIFICATE"))
				continue;
			lp_buf_addf(&whose, "%.*s, %.*s of provider %.*s", LP_FMT(nsp),
				    LP_FMT(lp_cstr(name)), LP_FMT(provider));
			check_text(f, pem, whose.data);
			lp_buf_clear(&whose);
		}
	}
	json_object_put(list);
}

static void check_namespace(struct ctl *ctl, struct findings *f, struct lp_str nsp)
{
	struct redis_args args = {0};
	struct redisReply *reply;

	redis_args_addz(&args, "HMGET");
	key_of_namespace(&args.text, ctl->settings.redis_prefix, nsp, "conf");
	redis_args_end(&args);
	redis_args_addz(&args, "apns_list");
	redis_args_addz(&args, "push_providers");
	if (redis_command(ctl->ctx.redis, &args, &reply) == LP_OK) {
		check_list(f, nsp, redis_reply_str(redis_reply_at(reply, 0)));
		check_list(f, nsp, redis_reply_str(redis_reply_at(reply, 1)));
	}
	redis_reply_free(reply);
	redis_args_clear(&args);
}

void doctor_certificates(struct ctl *ctl, struct findings *f)
{
	struct redis_args args = {0};
	struct redisReply *reply;

	if (*ctl->settings.tls_cert)
		check_file(f, ctl->settings.tls_cert);
	redis_args_addz(&args, "ZRANGE");
	key_of_platform(&args.text, ctl->settings.redis_prefix, "namespaces");
	redis_args_end(&args);
	redis_args_addz(&args, "0");
	redis_args_addz(&args, "-1");
	if (redis_command(ctl->ctx.redis, &args, &reply) == LP_OK) {
		for (size_t i = 0; i < redis_reply_count(reply); i++)
			check_namespace(ctl, f, redis_reply_str(redis_reply_at(reply, i)));
	}
	redis_reply_free(reply);
	redis_args_clear(&args);
}
