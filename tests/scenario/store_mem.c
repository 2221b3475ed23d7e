#include "config.h"

#include <stdarg.h>
#include <stdlib.h>

#include "common/lp_mem.h"
#include "common/model/log_position.h"
#include "tests/scenario/store_mem_int.h"

#define ANSWERS_MAX 64 /* texts */

/* Entries of a log that one operation looks at. */
#define LOG_PAGE 3

/* --- tables --- */

static struct lp_str make_key(struct store_mem *s, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static struct lp_str make_key(struct store_mem *s, const char *fmt, ...)
{
	va_list ap;

	lp_buf_reset(&s->key);
	va_start(ap, fmt);
	lp_buf_addv(&s->key, fmt, ap);
	va_end(ap);
	return lp_buf_str(&s->key);
}

static struct row *row_find(struct row *table, struct lp_str key)
{
	struct row *r;

	HASH_FIND(hh, table, key.p, key.n, r);
	return r;
}

static uint64_t row_value(struct row *table, struct lp_str key)
{
	const struct row *r = row_find(table, key);

	return r ? r->value : 0;
}

/* Sets the row to the value; 0 takes it out. */
static void row_set(struct row **table, struct lp_str key, uint64_t value)
{
	struct row *r = row_find(*table, key);

	if (!r && value) {
		r = lp_xcalloc(1, sizeof(*r) + key.n + 1);
		memcpy(r->key, key.p, key.n);
		HASH_ADD_KEYPTR(hh, *table, r->key, key.n, r);
	}
	if (r)
		r->value = value;
	if (r && !value) {
		HASH_DEL(*table, r);
		free(r);
	}
}

static void row_add(struct row **table, struct lp_str key, int64_t more)
{
	row_set(table, key, row_value(*table, key) + (uint64_t)more);
}

static void table_clear(struct row **table)
{
	struct row *r, *next;

	HASH_ITER(hh, *table, r, next)
	{
		HASH_DEL(*table, r);
		free(r);
	}
}

/* --- who is where --- */

static struct holder *holder_find(const struct store_mem *s, struct lp_str id)
{
	struct holder *h;

	HASH_FIND(hh, s->holders, id.p, id.n, h);
	return h;
}

static void member_set(struct store_mem *s, const char *nsp, const char *room, const char *client,
		       bool in)
{
	struct lp_str key = make_key(s, "%s %s %s", nsp, room, client);

	if (row_value(s->members, key) == in)
		return;
	row_set(&s->members, key, in);
	row_add(&s->rooms, make_key(s, "%s %s", nsp, room), in ? 1 : -1);
}

static void holder_enter(struct store_mem *s, struct holder *h, const char *room)
{
	if (row_value(s->members, make_key(s, "%s %s %s", h->nsp, room, h->id)))
		return;
	h->rooms = lp_xrealloc(h->rooms, (h->count + 1) * sizeof(h->rooms[0]));
	h->rooms[h->count++] = lp_xstrdup(room);
	member_set(s, h->nsp, room, h->id, true);
}

static void holder_exit(struct store_mem *s, struct holder *h, const char *room)
{
	for (size_t i = 0; i < h->count; i++) {
		if (strcmp(h->rooms[i], room) != 0)
			continue;
		member_set(s, h->nsp, room, h->id, false);
		free(h->rooms[i]);
		h->rooms[i] = h->rooms[--h->count];
		return;
	}
}

static void holder_remove(struct store_mem *s, struct holder *h)
{
	while (h->count)
		holder_exit(s, h, h->rooms[0]);
	HASH_DEL(s->holders, h);
	free(h->rooms);
	free(h->nsp);
	free(h);
}

static struct holder *holder_add(struct store_mem *s, const struct op *op)
{
	size_t n = strlen(op->id);
	struct holder *h = lp_xcalloc(1, sizeof(*h) + n + 1);

	memcpy(h->id, op->id, n);
	h->nsp = lp_xstrdup(op->nsp);
	h->serial = op->serial;
	h->since = op->again ? op->since : log_mem_clock(&s->log);
	HASH_ADD_KEYPTR(hh, s->holders, h->id, n, h);
	return h;
}

/* --- operations --- */

void store_mem_put(struct op_list *l, struct op *op)
{
	op->next = NULL;
	if (l->last)
		l->last->next = op;
	else
		l->first = op;
	l->last = op;
}

static struct op *list_take(struct op_list *l)
{
	struct op *op = l->first;

	if (op) {
		l->first = op->next;
		if (!l->first)
			l->last = NULL;
	}
	return op;
}

static void set_routes(struct store_mem *s, const struct op *op, bool on)
{
	for (size_t i = 0; i < op->count; i++) {
		if (on || op->rooms[i].edge) /* as lib/route.lua */
			row_set(&s->routes, make_key(s, "%s %s", op->nsp, op->rooms[i].name), on);
	}
}

static enum store_answer carry_out_on(struct store_mem *s, struct op *op)
{
	uint64_t state = row_value(s->namespaces, lp_cstr(op->nsp));
	struct holder *h;

	if (state == NAMESPACE_UNKNOWN || (!op->again && state != NAMESPACE_ON))
		return state == NAMESPACE_OFFLINE ? STORE_OFFLINE_NAMESPACE
						  : STORE_UNKNOWN_NAMESPACE;
	h = holder_find(s, lp_cstr(op->id));
	if (h && (op->again ? h->since > op->since : s->reject && h->serial != op->serial))
		return STORE_CONFLICT;
	if (s->refuse && !op->again) {
		op->refused = true;
		return STORE_DONE;
	}
	if (s->callback && !op->again && !op->asked) {
		op->needs = true;
		return STORE_DONE;
	}
	if (h)
		holder_remove(s, h);
	h = holder_add(s, op);
	for (size_t i = 0; i < op->count; i++)
		holder_enter(s, h, op->rooms[i].name);
	set_routes(s, op, true);
	if (state == NAMESPACE_OFFLINE)
		return STORE_OFFLINE_NAMESPACE;
	return s->unread && !op->again ? STORE_UNREAD : STORE_DONE;
}

static void carry_out_rooms(struct store_mem *s, const struct op *op)
{
	struct holder *h = holder_find(s, lp_cstr(op->id));
	bool in = op->kind == OP_JOIN;

	for (size_t i = 0; h && h->serial == op->serial && i < op->count; i++) {
		if (in)
			holder_enter(s, h, op->rooms[i].name);
		else
			holder_exit(s, h, op->rooms[i].name);
	}
	set_routes(s, op, in);
}

static void carry_out_move(struct store_mem *s, const struct op *op)
{
	for (size_t i = 0; i < op->moved_count; i++) {
		struct holder *h = holder_find(s, lp_cstr(op->moved[i].id));

		if (!h || h->serial != op->moved[i].serial)
			continue;
		if (op->in)
			holder_enter(s, h, op->rooms[0].name);
		else
			holder_exit(s, h, op->rooms[0].name);
	}
	if (op->in || op->rooms[0].edge)
		row_set(&s->routes, make_key(s, "%s %s", op->nsp, op->rooms[0].name), op->in);
}

static void carry_out_log(struct store_mem *s, struct op *op)
{
	const struct log_mem_entry *e;
	uint64_t trimmed = 0, after = op->message;
	struct lp_buf text = {0};
	unsigned looked = 0;

	for (size_t i = 0; op->in && i < s->log.count; i++)
		trimmed += s->log.entries[i].position > after &&
			   s->log.entries[i].position <= s->log.trimmed &&
			   strcmp(s->log.entries[i].nsp, op->nsp) == 0;
	for (; looked < LOG_PAGE && (e = log_mem_after(&s->log, op->nsp, after)); looked++) {
		after = e->position;
		if (e->lost ||
		    !(e->others[0] || row_find(s->routes, make_key(s, "%s %s", e->nsp, e->room))))
			continue;
		log_position_write(&text, e->position);
		lp_buf_addf(&text, "%c%llu%c%s%c%s%c%s%c%s", 0, (unsigned long long)e->id, 0,
			    e->room, 0, e->others, 0, e->except, 0, e->event);
		lp_buf_addc(&text, '\0');
	}
	if (looked == LOG_PAGE)
		log_position_write(&op->page, after);
	lp_buf_addc(&op->page, '\0');
	lp_buf_addu(&op->page, trimmed);
	lp_buf_addc(&op->page, '\0');
	lp_buf_adds(&op->page, lp_buf_str(&text));
	lp_buf_clear(&text);
}

static void carry_out(struct store_mem *s, struct op *op)
{
	struct holder *h;

	if (op->answer == STORE_BUSY)
		return;
	switch (op->kind) {
	case OP_ON:
		op->answer = carry_out_on(s, op);
		break;
	case OP_OFF:
		h = holder_find(s, lp_cstr(op->id));
		if (h && h->serial == op->serial)
			holder_remove(s, h);
		set_routes(s, op, false);
		break;
	case OP_JOIN:
	case OP_LEAVE:
		carry_out_rooms(s, op);
		break;
	case OP_MOVE:
		carry_out_move(s, op);
		break;
	case OP_ASK:
		lp_buf_addf(&s->notes, "%s\n", op->note);
		op->answer = s->refusal;
		break;
	case OP_LOG:
		carry_out_log(s, op);
		break;
	case OP_ACKS:
		for (size_t i = 0; i < op->count; i++)
			row_add(&s->acks,
				make_key(s, "%s %llu %d %s", op->nsp,
					 (unsigned long long)op->message, op->platform,
					 op->rooms[i].name),
				1);
		break;
	case OP_LATE:
		s->late_total++;
		row_add(&s->late,
			make_key(s, "%s %llu %s", op->nsp, (unsigned long long)op->message, op->id),
			1);
		break;
	case OP_DELIVERED:
		row_set(&s->deliver,
			make_key(s, "%s %llu", op->nsp, (unsigned long long)op->message),
			op->total);
		break;
	}
}

static void op_free(struct op *op)
{
	for (size_t i = 0; i < op->count; i++)
		free(op->rooms[i].name);
	for (size_t i = 0; i < op->moved_count; i++)
		free(op->moved[i].id);
	free(op->moved);
	free(op->rooms);
	free(op->note);
	lp_buf_clear(&op->page);
	free(op->nsp);
	free(op->id);
	free(op);
}

/* The texts that the test gave for the next question; *copy is to be freed. */
static struct store_texts take_answers(struct store_mem *s, struct lp_str items[], char **copy)
{
	struct store_texts got = {items, 0};
	char *rest = s->answers;

	*copy = rest;
	s->answers = NULL;
	while (rest && got.count < ANSWERS_MAX)
		items[got.count++] = lp_cstr(strsep(&rest, "|"));
	return got;
}

static struct store_texts page_texts(const struct op *op, struct lp_str items[])
{
	struct store_texts got = {items, 0};

	for (size_t at = 0; at < op->page.len && got.count < ANSWERS_MAX; got.count++) {
		items[got.count] = lp_cstr(op->page.data + at);
		at += items[got.count].n + 1;
	}
	return got;
}

static void answer(struct store_mem *s, struct op *op)
{
	struct lp_str items[ANSWERS_MAX];
	struct store_texts got = {items, 0};
	char *copy = NULL;

	s->waiting--;
	if (op->kind == OP_ASK)
		got = take_answers(s, items, &copy);
	if (op->refused)
		items[got.count++] = LP_STR("not now");
	for (; op->needs && got.count < STORE_NEEDS; got.count++)
		items[got.count] = LP_STR("");
	if (op->needs) {
		items[NEED_CALLBACK] = LP_STR("http://system/on");
		items[NEED_AUTH] = LP_STR("secret");
	}
	if (op->kind == OP_LOG)
		got = page_texts(op, items);
	if (op->cb)
		op->cb(op->arg, op->answer, &got);
	free(copy);
	op_free(op);
}

bool store_mem_run_one(struct store_mem *s)
{
	struct op *op = list_take(&s->done);

	if (op) {
		answer(s, op);
		return true;
	}
	op = list_take(&s->todo);
	if (!op)
		return false;
	carry_out(s, op);
	store_mem_put(&s->done, op);
	return true;
}

bool store_mem_run(struct store_mem *s)
{
	bool any = false;
	struct op *op;

	if (s->mode == STORE_MEM_RUNS) {
		while (store_mem_run_one(s))
			any = true;
	} else if (s->mode == STORE_MEM_MUTE) {
		while ((op = list_take(&s->todo))) {
			carry_out(s, op);
			store_mem_put(&s->done, op);
		}
	}
	return any;
}

/* --- life and play --- */

struct store_mem *store_mem_new(void)
{
	return lp_xcalloc(1, sizeof(struct store_mem));
}

void store_mem_free(struct store_mem *s)
{
	while (store_mem_run_one(s))
		;
	store_mem_forget(s);
	table_clear(&s->namespaces);
	table_clear(&s->acks);
	table_clear(&s->late);
	table_clear(&s->deliver);
	log_mem_clear(&s->log);
	lp_buf_clear(&s->key);
	lp_buf_clear(&s->notes);
	free(s->answers);
	free(s);
}

void store_mem_set_namespace(struct store_mem *s, struct lp_str name, enum store_mem_namespace to)
{
	row_set(&s->namespaces, name, to);
}

void store_mem_set_mode(struct store_mem *s, enum store_mem_mode mode)
{
	s->mode = mode;
}

void store_mem_set_busy(struct store_mem *s, bool busy)
{
	s->busy = busy;
}

void store_mem_set_reject(struct store_mem *s, bool reject)
{
	s->reject = reject;
}

void store_mem_set_unread(struct store_mem *s, bool unread)
{
	s->unread = unread;
}

void store_mem_set_callback(struct store_mem *s)
{
	s->callback = true;
}

void store_mem_add_route(struct store_mem *s, struct lp_str nsp, struct lp_str room)
{
	row_set(&s->routes, make_key(s, "%.*s %.*s", LP_FMT(nsp), LP_FMT(room)), 1);
}

void store_mem_set_refuse(struct store_mem *s, bool refuse)
{
	s->refuse = refuse;
}

void store_mem_set_answer(struct store_mem *s, enum store_answer answer, const char *texts)
{
	free(s->answers);
	s->answers = *texts ? lp_xstrdup(texts) : NULL;
	s->refusal = answer;
}

bool store_mem_take_note(struct store_mem *s, struct lp_buf *out)
{
	struct lp_str line = lp_buf_str(&s->notes);

	line.n = lp_str_find(line, '\n');
	if (!line.n)
		return false;
	lp_buf_adds(out, line);
	lp_buf_consume(&s->notes, line.n + 1);
	return true;
}

void store_mem_forget(struct store_mem *s)
{
	struct holder *h, *next;

	HASH_ITER(hh, s->holders, h, next)
	holder_remove(s, h);
	table_clear(&s->routes);
	log_mem_lose_inbox(&s->log);
}

struct log_mem *store_mem_log(struct store_mem *s)
{
	return &s->log;
}

bool store_mem_take_over(struct store_mem *s, struct lp_str id, bool before)
{
	struct holder *h = holder_find(s, id);

	if (!h)
		return false;
	while (h->count) {
		row_set(&s->routes, make_key(s, "%s %s", h->nsp, h->rooms[0]), 0);
		holder_exit(s, h, h->rooms[0]);
	}
	h->serial = 0;
	h->since = before ? 1 : log_mem_clock(&s->log);
	return true;
}

void store_mem_empty(struct store_mem *s)
{
	store_mem_forget(s);
	table_clear(&s->namespaces);
	table_clear(&s->acks);
	table_clear(&s->late);
	table_clear(&s->deliver);
	log_mem_clear(&s->log);
}

size_t store_mem_waiting(const struct store_mem *s)
{
	return s->waiting;
}

/* --- looking --- */

uint64_t store_mem_client(const struct store_mem *s, struct lp_str id)
{
	const struct holder *h = holder_find(s, id);

	return h ? h->serial : 0;
}

/* The key buffer is the only thing a look changes. */
static struct store_mem *writable(const struct store_mem *s)
{
	return (struct store_mem *)s;
}

bool store_mem_member(const struct store_mem *s, struct lp_str nsp, struct lp_str room,
		      struct lp_str client)
{
	return row_value(s->members, make_key(writable(s), "%.*s %.*s %.*s", LP_FMT(nsp),
					      LP_FMT(room), LP_FMT(client))) != 0;
}

bool store_mem_route(const struct store_mem *s, struct lp_str nsp, struct lp_str room)
{
	return row_value(s->routes,
			 make_key(writable(s), "%.*s %.*s", LP_FMT(nsp), LP_FMT(room))) != 0;
}

size_t store_mem_clients(const struct store_mem *s)
{
	return HASH_COUNT(s->holders);
}

size_t store_mem_members(const struct store_mem *s)
{
	return HASH_COUNT(s->members);
}

size_t store_mem_routes(const struct store_mem *s)
{
	return HASH_COUNT(s->routes);
}

bool store_mem_routes_right(const struct store_mem *s)
{
	if (HASH_COUNT(s->routes) != HASH_COUNT(s->rooms))
		return false;
	for (const struct row *r = s->rooms; r; r = r->hh.next) {
		if (!row_find(s->routes, lp_cstr(r->key)))
			return false;
	}
	return true;
}

uint64_t store_mem_acks(const struct store_mem *s, struct lp_str nsp, uint64_t id,
			enum platform platform, struct lp_str client)
{
	return row_value(s->acks, make_key(writable(s), "%.*s %llu %d %.*s", LP_FMT(nsp),
					   (unsigned long long)id, platform, LP_FMT(client)));
}

uint64_t store_mem_late(const struct store_mem *s, struct lp_str nsp, uint64_t id,
			struct lp_str client)
{
	return row_value(s->late, make_key(writable(s), "%.*s %llu %.*s", LP_FMT(nsp),
					   (unsigned long long)id, LP_FMT(client)));
}

uint64_t store_mem_late_total(const struct store_mem *s)
{
	return s->late_total;
}

uint64_t store_mem_delivered(const struct store_mem *s, struct lp_str nsp, uint64_t id)
{
	return row_value(s->deliver,
			 make_key(writable(s), "%.*s %llu", LP_FMT(nsp), (unsigned long long)id));
}
