/*
 * light-push-ctl: the operator's commands. A verb is one function and one row of the table in
 * main.c. Verbs that do what an endpoint does call its handler, so that both check and answer the
 * same; with --json that answer is printed as it is.
 */
#ifndef CTL_H
#define CTL_H

#include <json-c/json.h>
#include <stdbool.h>

#include "common/settings.h"
#include "fcgi-api/api.h"

/* Exit statuses; documented, so they stay. */
enum ctl_status {
	CTL_OK = 0,
	CTL_REFUSED = 1,   /* what was asked for is not possible; the reason is told */
	CTL_USAGE = 2,     /* command line or settings */
	CTL_NO_REDIS = 3,  /* Redis can not be reached */
	CTL_ATTENTION = 4, /* status, doctor: something needs the operator */
};

struct ctl {
	struct settings settings;
	bool json;
	struct api_app app;
	struct api_ctx ctx;
};

/* An option of a verb, "--name VALUE", or "--name" alone for a flag. */
struct ctl_option {
	const char *name;
	bool flag;
	const char *value; /* NULL: not given */
};

typedef void ctl_handler(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp);

/* --- ctl.c --- */

/*
 * Sorts a verb's arguments: options, ended by one without name, get their values; words[0 .. max-1]
 * the others, NULL where they are missing. False when there are fewer than min, more than max, or
 * an unknown option (told).
 */
bool ctl_arguments(int argc, char **argv, const char **words, int min, int max,
		   struct ctl_option *options);

/*
 * Calls the handler of an endpoint, nsp being the namespace that asks ("" for the administrator).
 * id: what :id stands for, or NULL. Takes params and body (NULL for none). CTL_OK and *answer (the
 * caller's); else the refusal has been told.
 */
enum ctl_status ctl_call(struct ctl *ctl, ctl_handler *handler, struct lp_str nsp, const char *id,
			 struct json_object *params, struct json_object *body,
			 struct json_object **answer);

/* Appends to out the key with its slash in front. CTL_OK when there is such a namespace, else told. */
enum ctl_status ctl_namespace(struct ctl *ctl, const char *name, struct lp_buf *out);
/* The same, but CTL_REFUSED is not told. */
enum ctl_status ctl_namespace_find(struct ctl *ctl, const char *name, struct lp_buf *out);

/* Tells why it can not be done; slug: one word for programs. Returns status. */
enum ctl_status ctl_fail(const struct ctl *ctl, enum ctl_status status, const char *slug,
			 const char *text);

/* The same for Redis, which does not answer. */
enum ctl_status ctl_no_redis(const struct ctl *ctl);

/* --- print.c --- */

/* The whole answer in one line of JSON. */
void print_json(struct json_object *answer);
/* The objects of a list as a table of these members, ended by NULL. */
void print_table(struct json_object *list, const char *const *members);
/* Each member of an object in a line of its own. */
void print_members(struct json_object *object);
/* Appends ms as "3.2 s", "5 min", "2 h", "4 d". */
void print_time(struct lp_buf *out, int64_t ms);

/* A member, NULL when absent. Borrowed. */
struct json_object *ctl_member(struct json_object *from, const char *name);

/* --- verbs --- */

typedef enum ctl_status ctl_verb(struct ctl *ctl, int argc, char **argv);

ctl_verb verb_status;
ctl_verb verb_namespaces, verb_namespace_add, verb_namespace_passwd;
ctl_verb verb_tokens, verb_token_add, verb_token_revoke;
ctl_verb verb_rooms, verb_clients, verb_history;
ctl_verb verb_push, verb_kick, verb_trace;
ctl_verb verb_doctor;

#endif
