#include "config.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/lp_hash.h"
#include "common/lp_mem.h"
#include "fcgi-api/auth_memory.h"

#define KNOWN_MAX  10000 /* credentials; then all are forgotten */
#define USED_EVERY 60000 /* ms */

struct known {
	UT_hash_handle hh; /* by mac */
	struct auth_mac mac;
	enum api_scope scope;
	uint64_t used_at; /* ms, when it was noted last; 0: never */
	char rev[API_REV_LEN];
	char *stored; /* the hash it was checked against */
};

struct auth_memory {
	pthread_mutex_t lock;
	struct known *known;
	struct auth_mac key; /* of the HMACs */
};

struct auth_memory *auth_memory_new(void)
{
	struct auth_memory *m = lp_xcalloc(1, sizeof(*m));

	if (RAND_bytes(m->key.bytes, sizeof(m->key.bytes)) != 1)
		abort();
	pthread_mutex_init(&m->lock, NULL);
	return m;
}

static void drop(struct auth_memory *m, struct known *k)
{
	HASH_DEL(m->known, k);
	free(k->stored);
	free(k);
}

static void drop_all(struct auth_memory *m)
{
	struct known *k, *next;

	HASH_ITER(hh, m->known, k, next)
	drop(m, k);
}

void auth_memory_free(struct auth_memory *m)
{
	if (!m)
		return;
	drop_all(m);
	pthread_mutex_destroy(&m->lock);
	OPENSSL_cleanse(&m->key, sizeof(m->key));
	free(m);
}

void auth_memory_mac(const struct auth_memory *m, const struct login_address *from, struct lp_str a,
		     struct lp_str b, struct auth_mac *out)
{
	struct lp_buf text = {0};
	unsigned len = AUTH_MAC_LEN;

	lp_buf_adds(&text, lp_str((const char *)from->bytes, sizeof(from->bytes)));
	lp_buf_addu(&text, a.n);
	lp_buf_addc(&text, ' ');
	lp_buf_adds(&text, a);
	lp_buf_adds(&text, b);
	if (!HMAC(EVP_sha256(), m->key.bytes, sizeof(m->key.bytes),
		  (const unsigned char *)text.data, text.len, out->bytes, &len))
		abort();
	OPENSSL_cleanse(text.data, text.len);
	lp_buf_clear(&text);
}

static struct known *find(struct auth_memory *m, const struct auth_mac *mac)
{
	struct known *k;

	/* Who can not make MACs learns nothing from how long it takes to compare them. */
	HASH_FIND(hh, m->known, mac, sizeof(*mac), k);
	return k;
}

bool auth_memory_recall(struct auth_memory *m, const struct auth_mac *mac,
			const struct lp_str *stored, char rev[API_REV_LEN], enum api_scope *scope)
{
	struct known *k;
	bool same;

	pthread_mutex_lock(&m->lock);
	k = find(m, mac);
	same = k && (!stored || lp_str_eq(lp_cstr(k->stored), *stored));
	if (same && rev)
		memcpy(rev, k->rev, API_REV_LEN);
	if (same)
		*scope = k->scope;
	pthread_mutex_unlock(&m->lock);
	return same;
}

void auth_memory_keep(struct auth_memory *m, const struct auth_mac *mac, struct lp_str stored,
		      const char rev[API_REV_LEN], enum api_scope scope)
{
	struct known *k;

	pthread_mutex_lock(&m->lock);
	k = find(m, mac);
	if (!k) {
		if (HASH_COUNT(m->known) >= KNOWN_MAX)
			drop_all(m);
		k = lp_xcalloc(1, sizeof(*k));
		k->mac = *mac;
		HASH_ADD(hh, m->known, mac, sizeof(k->mac), k);
	}
	free(k->stored);
	k->stored = lp_xstrndup(stored);
	k->scope = scope;
	memcpy(k->rev, rev, API_REV_LEN);
	pthread_mutex_unlock(&m->lock);
}

void auth_memory_forget(struct auth_memory *m, const struct auth_mac *mac)
{
	struct known *k;

	pthread_mutex_lock(&m->lock);
	k = find(m, mac);
	if (k)
		drop(m, k);
	pthread_mutex_unlock(&m->lock);
}

bool auth_memory_used(struct auth_memory *m, const struct auth_mac *mac, uint64_t now)
{
	struct known *k;
	bool due;

	pthread_mutex_lock(&m->lock);
	k = find(m, mac);
	due = k && (!k->used_at || now - k->used_at >= USED_EVERY);
	if (due)
		k->used_at = now;
	pthread_mutex_unlock(&m->lock);
	return due;
}
