/*
 * Access tokens of Google's service accounts: a signed request brings one that is good for about
 * an hour. It is fetched once however many wait for it, and again in good time before its end.
 */
#ifndef FCM_ACCESS_H
#define FCM_ACCESS_H

#include <sys/queue.h>

#include "worker/provider/channel.h"
#include "worker/provider/provider.h"

struct fcm_access;
struct fcm_account;

/* Who waits for a token; he keeps the struct. */
struct fcm_wait {
	TAILQ_ENTRY(fcm_wait) entry;
	bool waiting;
	/*
	 * why NULL: there is a token. Else the reason, and after how many ms to try again; 0: the
	 * account was refused. Never from inside fcm_account_wait().
	 */
	void (*done)(void *arg, const char *why, uint64_t retry_ms);
	void *arg;
};

/* stats: where the fetches are counted. */
struct fcm_access *fcm_access_new(struct channels *channels, struct provider_stats *stats);
/* After the channels are gone; nobody may hold an account any more. */
void fcm_access_free(struct fcm_access *access);

/* The account of an entry of type fcm, with a reference. */
struct fcm_account *fcm_account_hold(struct fcm_access *access, const struct provider_entry *e);
void fcm_account_release(struct fcm_account *account);

/* The token, NULL when there is none that is good now. One that will soon end is fetched anew. */
const char *fcm_account_token(struct fcm_account *account);
/* When it came, ms of the wall clock. */
uint64_t fcm_account_since(const struct fcm_account *account);
/*
 * Why there will be no token for now, after fetches that failed, and for how many ms; 0: the account
 * was refused. NULL: it is worth waiting.
 */
const char *fcm_account_refused(const struct fcm_account *account, uint64_t *retry_ms);
/* False, and nobody waits, when no more servers can be talked to at a time. */
bool fcm_account_wait(struct fcm_account *account, struct fcm_wait *wait);
void fcm_account_stop_waiting(struct fcm_account *account, struct fcm_wait *wait);
/* The token that came at that time was refused. After two in a row the account is paused. */
void fcm_account_forget(struct fcm_account *account, uint64_t since);
/* A token was taken. */
void fcm_account_accepted(struct fcm_account *account);

/* The account's project asked for time. */
void fcm_account_pause(struct fcm_account *account, uint64_t ms);
/* How long it is still to be left alone, ms. */
uint64_t fcm_account_paused(const struct fcm_account *account);

#endif
