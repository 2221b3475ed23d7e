/* Inside of the store in memory: store_mem_ops.c queues operations, store_mem.c carries them out. */
#ifndef STORE_MEM_INT_H
#define STORE_MEM_INT_H

#include "common/lp_buf.h"
#include "common/lp_hash.h"
#include "tests/scenario/store_mem.h"

/* A row of any of the tables: a text key, and a number. */
struct row {
	UT_hash_handle hh;
	uint64_t value;
	char key[];
};

struct holder {
	UT_hash_handle hh; /* by client id */
	uint64_t serial;
	uint64_t since; /* when it was accepted */
	char *nsp;
	char **rooms;
	size_t count;
	char id[];
};

enum op_kind {
	OP_ON,
	OP_OFF,
	OP_JOIN,
	OP_LEAVE,
	OP_MOVE,
	OP_ACKS,
	OP_LATE,
	OP_DELIVERED,
	OP_ASK,
	OP_LOG,
};

struct op_room {
	char *name;
	bool edge;
};

struct moved {
	char *id;
	uint64_t serial;
};

struct op {
	struct op *next;
	enum op_kind kind;
	char *nsp;
	char *id; /* of the client */
	uint64_t serial;
	uint64_t since;
	enum platform platform;
	bool again;
	bool refused;          /* by a text */
	bool asked;            /* the connect callback has been */
	bool needs;            /* it must be */
	bool in;               /* of OP_MOVE */
	struct op_room *rooms; /* of OP_ACKS: client ids */
	size_t count;
	uint64_t message;
	uint64_t total;
	struct moved *moved; /* of OP_MOVE */
	size_t moved_count;
	char *note;         /* of OP_ASK: what was asked */
	struct lp_buf page; /* of OP_LOG: the texts got, a NUL behind each */
	store_cb cb;
	void *arg;
	enum store_answer answer;
};

struct op_list {
	struct op *first, *last;
};

struct store_mem {
	enum store_mem_mode mode;
	bool busy;
	bool reject;               /* duplicate_client */
	bool refuse;               /* by a text */
	bool callback;             /* namespaces have a connect callback */
	bool unread;               /* messages wait for who registers */
	enum store_answer refusal; /* of the next question; STORE_DONE: it is answered */
	char *answers;             /* of the next question: texts with '|' between them */
	struct lp_buf notes;       /* of questions not looked at, one line each */
	struct op_list todo;       /* to be carried out */
	struct op_list done;       /* to be answered */
	size_t waiting;
	uint64_t late_total;
	struct holder *holders;
	struct row *namespaces;
	struct row *members; /* nsp room client: 1 */
	struct row *rooms;   /* nsp room: how many members */
	struct row *routes;  /* nsp room */
	struct row *acks;    /* nsp id platform client: how often */
	struct row *late;    /* nsp id client: how often */
	struct row *deliver; /* nsp id: count */
	struct log_mem log;
	struct lp_buf key; /* of the row looked for */
};

/* Takes the operation. */
void store_mem_put(struct op_list *l, struct op *op);

#endif
