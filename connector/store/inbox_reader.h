/*
 * Reads this connector's inbox stream with XREAD BLOCK and hands what it says to the core, in
 * order. The position survives a broken link. When entries are missing it tells the core, once,
 * before it goes on.
 *
 * After each connect the reader waits for inbox_reader_go(): its owner must first make sure that
 * the inbox is still the one it was.
 */
#ifndef INBOX_READER_H
#define INBOX_READER_H

#include <stdint.h>

#include "common/lp_str.h"
#include "common/settings.h"
#include "connector/store/store.h"

struct inbox_reader;

/* ready: the link is up and nothing is read yet. stats: its counters are raised. */
struct inbox_reader *inbox_reader_new(struct event_base *base, const struct settings *settings,
				      struct store_stats *stats, void (*ready)(void *arg),
				      void *arg);
void inbox_reader_set_core(struct inbox_reader *r, struct core *core);
/* Goes on behind entry number last of the owner's inbox; connects when that was not done yet. */
void inbox_reader_follow(struct inbox_reader *r, struct lp_str owner, uint64_t last);
/* While held nothing is handed over, and nothing more is read. */
void inbox_reader_hold(struct inbox_reader *r, bool held);
/* Reads, if the link is up and it is not held. */
void inbox_reader_go(struct inbox_reader *r);
/* Number of the last entry handed over. */
uint64_t inbox_reader_last(const struct inbox_reader *r);
void inbox_reader_stop(struct inbox_reader *r);
void inbox_reader_free(struct inbox_reader *r);

#endif
