#include "config.h"

#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "common/lp_json.h"
#include "ctl/ctl.h"
#include "fcgi-api/api_namespace.h"

#define PASSWORD_MAX   512
#define PASSWORD_BYTES 18 /* of a generated one */

static void put_text(struct json_object *to, const char *name, const char *value)
{
	json_object_object_add(to, name, json_object_new_string(value));
}

enum ctl_status verb_namespaces(struct ctl *ctl, int argc, char **argv)
{
	static const char *const members[] = {"key",       "name",      "offline", "clientCount",
					      "userCount", "roomCount", NULL};
	struct ctl_option options[] = {
		{.name = "key"}, {.name = "page"}, {.name = "size"}, {.name = NULL}};
	struct json_object *params = json_object_new_object(), *answer;
	enum ctl_status status;
	const char *words[1];

	if (!ctl_arguments(argc, argv, words, 0, 0, options)) {
		json_object_put(params);
		return CTL_USAGE;
	}
	put_text(params, "online", "1");
	if (options[0].value)
		put_text(params, "key", options[0].value);
	put_text(params, "page", options[1].value ? options[1].value : "1");
	put_text(params, "pageSize", options[2].value ? options[2].value : "500");
	status = ctl_call(ctl, api_namespace_list, LP_STR(""), NULL, params, NULL, &answer);
	if (status == CTL_OK && ctl->json)
		print_json(answer);
	else if (status == CTL_OK)
		print_table(ctl_member(answer, "list"), members);
	json_object_put(answer);
	return status;
}

/* The first line of standard input, so that it is seen neither in a list of processes nor in the
 * history of a shell; typed at a terminal, not there either. */
static bool read_password(char *out, size_t size)
{
	struct termios shown, hidden;
	bool typed = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &shown) == 0;
	bool ok;

	if (typed) {
		hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
		fputs("password: ", stderr);
	}
	ok = fgets(out, (int)size, stdin);
	if (typed) {
		tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
		fputc('\n', stderr);
	}
	if (ok)
		out[strcspn(out, "\r\n")] = '\0';
	return ok && out[0] != '\0';
}

static bool make_password(char *out, size_t size)
{
	unsigned char bytes[PASSWORD_BYTES];

	if (size < 2 * sizeof(bytes) + 1 || RAND_bytes(bytes, sizeof(bytes)) != 1)
		return false;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(out + 2 * i, 3, "%02x", bytes[i]);
	return true;
}

/*
 * Saves body, which it takes, with a password in the given field; tells the password when it was
 * made here.
 */
static enum ctl_status save(struct ctl *ctl, struct json_object *body, const char *field,
			    bool generate)
{
	struct json_object *answer = NULL, *told = json_object_new_object();
	char password[PASSWORD_MAX];
	enum ctl_status status;

	if (!(generate ? make_password(password, sizeof(password))
		       : read_password(password, sizeof(password)))) {
		json_object_put(body);
		json_object_put(told);
		return ctl_fail(ctl, CTL_USAGE, "password_missing",
				"no password on standard input, and no --generate");
	}
	put_text(body, field, password);
	json_object_object_add(told, "key", json_object_get(ctl_member(body, "key")));
	if (generate)
		put_text(told, "password", password);
	memset(password, 0, sizeof(password));
	status = ctl_call(ctl, api_namespace_admin_save, LP_STR(""), NULL, NULL, body, &answer);
	if (status == CTL_OK && ctl->json)
		print_json(told);
	else if (status == CTL_OK && generate)
		printf("%s\n", json_object_get_string(ctl_member(told, "password")));
	json_object_put(answer);
	json_object_put(told);
	return status;
}

enum ctl_status verb_namespace_add(struct ctl *ctl, int argc, char **argv)
{
	struct ctl_option options[] = {
		{.name = "name"}, {.name = "generate", .flag = true}, {.name = NULL}};
	struct json_object *body;
	struct lp_buf key = {0};
	enum ctl_status status;
	const char *words[1];

	if (!ctl_arguments(argc, argv, words, 1, 1, options))
		return CTL_USAGE;
	/* One that is there keeps its password: that is what "namespace passwd" is for. */
	status = ctl_namespace_find(ctl, words[0], &key);
	if (status == CTL_OK)
		status = ctl_fail(ctl, CTL_REFUSED, "namespace_exists", "it is there already");
	else if (status == CTL_REFUSED)
		status = CTL_OK;
	if (status == CTL_OK) {
		body = json_object_new_object();
		put_text(body, "key", key.data);
		if (options[0].value)
			put_text(body, "name", options[0].value);
		status = save(ctl, body, "auth_passwd", options[1].value);
	}
	lp_buf_clear(&key);
	return status;
}

/* Takes the second password away. Takes body. */
static enum ctl_status remove_second(struct ctl *ctl, struct json_object *body)
{
	struct json_object *answer;
	enum ctl_status status;

	put_text(body, "auth_passwd2", "");
	status = ctl_call(ctl, api_namespace_admin_save, LP_STR(""), NULL, NULL, body, &answer);
	if (status == CTL_OK && ctl->json)
		print_json(answer);
	json_object_put(answer);
	return status;
}

enum ctl_status verb_namespace_passwd(struct ctl *ctl, int argc, char **argv)
{
	struct ctl_option options[] = {{.name = "generate", .flag = true},
				       {.name = "second", .flag = true},
				       {.name = "remove", .flag = true},
				       {.name = NULL}};
	const char *field;
	struct json_object *body;
	struct lp_buf key = {0};
	enum ctl_status status;
	const char *words[1];

	if (!ctl_arguments(argc, argv, words, 1, 1, options))
		return CTL_USAGE;
	if (options[2].value && (!options[1].value || options[0].value))
		return ctl_fail(ctl, CTL_USAGE, "option_invalid",
				"--remove is for --second, without --generate");
	field = options[1].value ? "auth_passwd2" : "auth_passwd";
	status = ctl_namespace(ctl, words[0], &key);
	if (status == CTL_OK) {
		body = json_object_new_object();
		put_text(body, "key", key.data);
		status = options[2].value ? remove_second(ctl, body)
					  : save(ctl, body, field, options[0].value);
	}
	lp_buf_clear(&key);
	return status;
}
