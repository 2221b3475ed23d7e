#include "config.h"

#include <inttypes.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jwt/jwt_sign.h"
#include "common/lp_hash.h"
#include "common/lp_json.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "worker/provider/fcm.h"
#include "worker/provider/fcm_access.h"

#define SCOPE      "https://www.googleapis.com/auth/firebase.messaging"
#define GRANT      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion="
#define LIFETIME_S 3600u
/* A token is fetched anew so long before its end, and not used that long. */
#define RENEW_MS (5u * 60 * 1000)
#define LAST_MS  (30u * 1000)
/* After a fetch that failed: 5 s, 10 s, ... and when the account was refused. */
#define RETRY_MS     5000u
#define RETRY_MAX_MS (5u * 60 * 1000)
#define REFUSED_MS   60000u
#define ACCOUNTS_MAX 10000u

TAILQ_HEAD(wait_list, fcm_wait);

struct fcm_account {
	UT_hash_handle hh; /* in the order of use */
	struct fcm_access *access;
	unsigned refs;
	char *email, *private_key, *key_id, *uri;
	char *token;                     /* NULL: none */
	uint64_t since, until, renew_at; /* ms of the wall clock */
	bool fetching;
	unsigned failures;
	uint64_t not_before;   /* lp_mono_ms(): no fetch earlier */
	bool refused;          /* the last fetch was */
	char why[160];         /* of the last failure */
	uint64_t paused_until; /* lp_mono_ms() */
	bool rejected;         /* the last token that was used */
	struct wait_list waiting;
	size_t name_len;
	char name[];
};

struct fcm_access {
	struct channels *channels;
	struct provider_stats *stats;
	struct fcm_account *accounts;
};

/* --- accounts --- */

static void account_free(struct fcm_account *a)
{
	HASH_DEL(a->access->accounts, a);
	OPENSSL_cleanse(a->private_key, strlen(a->private_key));
	free(a->private_key);
	free(a->email);
	free(a->key_id);
	free(a->uri);
	free(a->token);
	free(a);
}

/* What would give another token is another account. */
static void add_name(struct lp_buf *out, const struct provider_entry *e)
{
	unsigned char sum[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)e->fcm.private_key, strlen(e->fcm.private_key), sum);
	lp_buf_addf(out, "%s %s %s %s ", e->fcm.project_id, e->fcm.client_email, e->fcm.key_id,
		    e->fcm.token_uri);
	lp_buf_add(out, sum, sizeof(sum));
}

/* The one unused for longest goes, of those that nobody needs. */
static void make_room(struct fcm_access *access)
{
	struct fcm_account *a, *next;

	if (HASH_COUNT(access->accounts) < ACCOUNTS_MAX)
		return;
	HASH_ITER(hh, access->accounts, a, next)
	{
		if (!a->refs && !a->fetching) {
			account_free(a);
			return;
		}
	}
}

static struct fcm_account *account_new(struct fcm_access *access, const struct provider_entry *e,
				       struct lp_str name)
{
	struct fcm_account *a = lp_xcalloc(1, sizeof(*a) + name.n);

	a->access = access;
	a->email = lp_xstrdup(e->fcm.client_email);
	a->private_key = lp_xstrdup(e->fcm.private_key);
	a->key_id = lp_xstrdup(e->fcm.key_id);
	a->uri = lp_xstrdup(e->fcm.token_uri);
	TAILQ_INIT(&a->waiting);
	a->name_len = name.n;
	memcpy(a->name, name.p, name.n);
	return a;
}

struct fcm_account *fcm_account_hold(struct fcm_access *access, const struct provider_entry *e)
{
	struct lp_buf name = {0};
	struct fcm_account *a;

	add_name(&name, e);
	HASH_FIND(hh, access->accounts, name.data, name.len, a);
	if (a) {
		HASH_DEL(access->accounts, a);
	} else {
		make_room(access);
		a = account_new(access, e, lp_buf_str(&name));
	}
	HASH_ADD_KEYPTR(hh, access->accounts, a->name, a->name_len, a);
	a->refs++;
	lp_buf_clear(&name);
	return a;
}

void fcm_account_release(struct fcm_account *a)
{
	a->refs--;
}

/* --- fetching --- */

static void tell(struct fcm_account *a, const char *why, uint64_t retry_ms)
{
	struct wait_list now;
	struct fcm_wait *w;

	/* Who waits again from inside his function waits for the next one. */
	TAILQ_INIT(&now);
	TAILQ_CONCAT(&now, &a->waiting, entry);
	a->refs++;
	while ((w = TAILQ_FIRST(&now))) {
		TAILQ_REMOVE(&now, w, entry);
		w->waiting = false;
		w->done(w->arg, why, retry_ms);
	}
	a->refs--;
}

static uint64_t backoff(const struct fcm_account *a)
{
	unsigned shift = a->failures < 8 ? a->failures : 8;
	uint64_t ms = (uint64_t)RETRY_MS << shift;

	return ms < RETRY_MAX_MS ? ms : RETRY_MAX_MS;
}

static void fetch_failed(struct fcm_account *a, struct lp_str why, bool refused, uint64_t asked_ms)
{
	uint64_t wait = refused ? REFUSED_MS : asked_ms ? asked_ms : backoff(a);

	if (wait > RETRY_MAX_MS)
		wait = RETRY_MAX_MS;

	a->failures++;
	a->refused = refused;
	a->not_before = lp_mono_ms() + wait;
	snprintf(a->why, sizeof(a->why), "no access token: %.*s", LP_FMT(why));
	lp_warn("provider", "no access token account=%s error=\"%.*s\"", a->email, LP_FMT(why));
	tell(a, a->why, refused ? 0 : wait);
}

static void fetched(struct fcm_account *a, struct lp_str token, uint64_t lifetime)
{
	uint64_t now = lp_wall_ms(), early = lifetime / 2 < RENEW_MS ? lifetime / 2 : RENEW_MS;

	free(a->token);
	a->token = lp_xstrndup(token);
	a->since = now;
	a->renew_at = now + lifetime - early;
	a->until = now + lifetime - (lifetime / 4 < LAST_MS ? lifetime / 4 : LAST_MS);
	a->failures = 0;
	a->refused = false;
	tell(a, NULL, 0);
}

static void on_fetched(void *arg, const struct channel_result *result)
{
	struct fcm_account *a = arg;
	const struct h2_answer *answer = &result->answer;
	struct json_object *root = NULL;
	struct lp_str token, why;
	uint64_t lifetime;

	a->fetching = false;
	if (result->end != CHANNEL_ANSWERED) {
		a->access->stats->failed += result->end == CHANNEL_FAILED;
		fetch_failed(a, lp_cstr(answer->why), false, result->retry_ms);
		return;
	}
	if (fcm_token_read(&root, answer->body, &token, &lifetime, &why) == LP_OK &&
	    answer->status == 200)
		fetched(a, token, lifetime);
	else /* 400 invalid_grant, 401: the key was taken back, or the clock is wrong */
		fetch_failed(a, why, answer->status == 400 || answer->status == 401,
			     answer->retry_ms);
	json_object_put(root);
}

static bool sign(struct lp_buf *out, const struct fcm_account *a)
{
	EVP_PKEY *key = jwt_key_private(JWT_RS256, lp_cstr(a->private_key));
	uint64_t now = lp_wall_ms() / 1000;
	struct lp_buf claims = {0};
	bool ok;

	lp_buf_addz(&claims, "{\"iss\":");
	lp_json_quote(&claims, lp_cstr(a->email));
	lp_buf_addz(&claims, ",\"scope\":\"" SCOPE "\",\"aud\":");
	lp_json_quote(&claims, lp_cstr(a->uri));
	lp_buf_addf(&claims, ",\"iat\":%" PRIu64 ",\"exp\":%" PRIu64 "}", now, now + LIFETIME_S);
	ok = key && jwt_sign(out, JWT_RS256, lp_cstr(a->key_id), lp_buf_str(&claims), key) == LP_OK;
	EVP_PKEY_free(key);
	lp_buf_clear(&claims);
	return ok;
}

/* scheme://host:port of a URL that service_account_read() took. */
static size_t origin_length(const char *uri)
{
	size_t scheme = sizeof("https://") - 1;

	return scheme + strcspn(uri + scheme, "/?#");
}

static void add_path(struct lp_buf *out, const char *uri)
{
	const char *path = uri + origin_length(uri);

	if (*path != '/')
		lp_buf_addc(out, '/');
	lp_buf_add(out, path, strcspn(path, "#"));
}

static const char *on_begin(void *arg, struct h2_request *request)
{
	struct fcm_account *a = arg;
	struct lp_buf body = {0};
	bool ok;

	lp_buf_addz(&body, GRANT);
	ok = sign(&body, a);
	if (ok) {
		request->body = lp_blob_new(body.data, body.len);
		h2_header(&request->headers, "content-type",
			  LP_STR("application/x-www-form-urlencoded"));
		add_path(&request->path, a->uri);
		a->access->stats->requests++;
	}
	lp_buf_clear(&body);
	return ok ? NULL : "the private_key can not sign";
}

/* False when no more servers can be talked to. */
static bool fetch(struct fcm_account *a)
{
	static const struct channel_ops ops = {on_begin, on_fetched};
	struct lp_buf origin = {0};
	struct channel_key key = {.cert = NULL};
	struct channel *ch;

	lp_buf_add(&origin, a->uri, origin_length(a->uri));
	key.origin = lp_buf_str(&origin);
	ch = channels_get(a->access->channels, &key);
	if (ch) {
		a->fetching = true;
		channel_call(ch, lp_buf_str(&origin), &ops, a);
	}
	lp_buf_clear(&origin);
	return ch;
}

/* --- from outside --- */

const char *fcm_account_token(struct fcm_account *a)
{
	uint64_t now = lp_wall_ms();

	/* From the future: the clock was put back. */
	if (!a->token || now >= a->until || a->since > now)
		return NULL;
	if (now >= a->renew_at && !a->fetching && lp_mono_ms() >= a->not_before)
		fetch(a);
	return a->token;
}

uint64_t fcm_account_since(const struct fcm_account *a)
{
	return a->since;
}

bool fcm_account_wait(struct fcm_account *a, struct fcm_wait *w)
{
	if (!a->fetching && !fetch(a))
		return false;
	w->waiting = true;
	TAILQ_INSERT_TAIL(&a->waiting, w, entry);
	return true;
}

const char *fcm_account_refused(const struct fcm_account *a, uint64_t *retry_ms)
{
	uint64_t now = lp_mono_ms();

	if (a->fetching || now >= a->not_before)
		return NULL;
	*retry_ms = a->refused ? 0 : a->not_before - now;
	return a->why;
}

void fcm_account_stop_waiting(struct fcm_account *a, struct fcm_wait *w)
{
	if (w->waiting)
		TAILQ_REMOVE(&a->waiting, w, entry);
	w->waiting = false;
}

void fcm_account_pause(struct fcm_account *a, uint64_t ms)
{
	uint64_t until = lp_mono_ms() + ms;

	if (until > a->paused_until)
		a->paused_until = until;
}

void fcm_account_forget(struct fcm_account *a, uint64_t since)
{
	if (a->since != since || !a->token)
		return;
	free(a->token);
	a->token = NULL;
	if (a->rejected)
		fcm_account_pause(a, REFUSED_MS);
	a->rejected = true;
}

void fcm_account_accepted(struct fcm_account *a)
{
	a->rejected = false;
}

uint64_t fcm_account_paused(const struct fcm_account *a)
{
	uint64_t now = lp_mono_ms();

	return a->paused_until > now ? a->paused_until - now : 0;
}

struct fcm_access *fcm_access_new(struct channels *channels, struct provider_stats *stats)
{
	struct fcm_access *access = lp_xcalloc(1, sizeof(*access));

	access->channels = channels;
	access->stats = stats;
	return access;
}

void fcm_access_free(struct fcm_access *access)
{
	if (!access)
		return;
	while (access->accounts)
		account_free(access->accounts);
	free(access);
}
