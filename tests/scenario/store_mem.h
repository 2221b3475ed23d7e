/*
 * The store of the scenarios: tables in memory behind connector/core/ports.h. Operations are copied
 * and queued; store_mem_run() carries them out in order and gives the answers. What a real Redis
 * does to the connector can be played: be away, answer late, be busy, forget everything.
 */
#ifndef STORE_MEM_H
#define STORE_MEM_H

#include "common/lp_buf.h"
#include "connector/core/ports.h"
#include "tests/scenario/log_mem.h"

struct store_mem;

enum store_mem_namespace { NAMESPACE_UNKNOWN = 0, NAMESPACE_ON, NAMESPACE_OFFLINE };

/* How far store_mem_run() goes. */
enum store_mem_mode {
	STORE_MEM_RUNS = 0,
	STORE_MEM_MUTE, /* operations are carried out, their answers wait */
	STORE_MEM_AWAY, /* nothing happens */
};

/* The operations to give core_new(), with the store as their first argument. */
extern const struct store_ops store_mem_ops;

struct store_mem *store_mem_new(void);
/* Carries out and answers what waits, in any mode. */
void store_mem_free(struct store_mem *s);

void store_mem_set_namespace(struct store_mem *s, struct lp_str name, enum store_mem_namespace to);
void store_mem_set_mode(struct store_mem *s, enum store_mem_mode mode);
/* While busy, registrations and joins asked for are answered so. */
void store_mem_set_busy(struct store_mem *s, bool busy);
/* Namespaces have a connect callback. */
void store_mem_set_callback(struct store_mem *s);
/* As with duplicate_client = reject. */
void store_mem_set_reject(struct store_mem *s, bool reject);
/* Messages wait for clients that register; what unread() brings is the test's to say. */
void store_mem_set_unread(struct store_mem *s, bool unread);
/* Clients are refused in the words "not now". */
void store_mem_set_refuse(struct store_mem *s, bool refuse);
/*
 * How questions (push, info, apns, discover) are answered from now on, and the texts that the next
 * one brings, '|' between them.
 */
void store_mem_set_answer(struct store_mem *s, enum store_answer answer, const char *texts);
/* Appends the oldest question not taken yet, as text; false when there is none. */
bool store_mem_take_note(struct store_mem *s, struct lp_buf *out);
/* As a transfer to the room does, before the connector hears of it. */
void store_mem_add_route(struct store_mem *s, struct lp_str nsp, struct lp_str room);
/* Loses clients, memberships and routes; namespaces, acks and counts stay. */
void store_mem_forget(struct store_mem *s);
/* Another connector holds the client, by a newer connection or by one from long before. */
bool store_mem_take_over(struct store_mem *s, struct lp_str id, bool before);
/* Loses everything. */
void store_mem_empty(struct store_mem *s);

/* What the mode allows; answers may ask for more, which is done too. True when something was
 * answered. */
bool store_mem_run(struct store_mem *s);
/* One operation or one answer, whatever the mode; false when nothing waits. */
bool store_mem_run_one(struct store_mem *s);
/* What was accepted, and the inbox. */
struct log_mem *store_mem_log(struct store_mem *s);
/* Operations not answered yet. */
size_t store_mem_waiting(const struct store_mem *s);

/* --- what is in the tables --- */

/* The serial of the connection that holds the client, 0: none does. */
uint64_t store_mem_client(const struct store_mem *s, struct lp_str id);
bool store_mem_member(const struct store_mem *s, struct lp_str nsp, struct lp_str room,
		      struct lp_str client);
bool store_mem_route(const struct store_mem *s, struct lp_str nsp, struct lp_str room);
size_t store_mem_clients(const struct store_mem *s);
size_t store_mem_members(const struct store_mem *s);
size_t store_mem_routes(const struct store_mem *s);
/* Whether exactly the rooms that have members have a route. */
bool store_mem_routes_right(const struct store_mem *s);
/* How often the client's ack of the message was written, and how often as a late one. */
uint64_t store_mem_acks(const struct store_mem *s, struct lp_str nsp, uint64_t id,
			enum platform platform, struct lp_str client);
uint64_t store_mem_late(const struct store_mem *s, struct lp_str nsp, uint64_t id,
			struct lp_str client);
/* All late acks so far. */
uint64_t store_mem_late_total(const struct store_mem *s);
uint64_t store_mem_delivered(const struct store_mem *s, struct lp_str nsp, uint64_t id);

#endif
