/*
 * A body from a backend, JSON or, behind a first byte 'f', a form: what is accepted as a push gives
 * JSON texts that keep their meaning, in which clients never see apsData.
 */
#include "config.h"

#include "common/lp_json.h"
#include "common/model/push_msg.h"
#include "fcgi-api/api_form.h"
#include "tests/fuzz/fuzz.h"

static const struct push_limits limits = {
	.expire_h = 1, .expire_max_h = 10, .aps_max = 100, .rooms_max = 4};

/* The text says what the value is. With apsData taken out of both when without is set. */
static void same(const struct lp_buf *text, struct json_object *value, bool without)
{
	struct json_object *again;

	MUST(lp_json_parse(lp_buf_str(text), &again) == LP_OK);
	if (without && json_object_is_type(value, json_type_object)) {
		MUST(!json_object_object_get_ex(again, "apsData", NULL));
		json_object_object_del(value, "apsData");
	}
	MUST(json_object_equal(again, value));
	json_object_put(again);
}

static void field(void *arg, const char *name, struct lp_str value)
{
	MUST(name[0] && value.n && lp_utf8_valid(value));
}

static void accepted(const struct push_msg *m, struct json_object *body)
{
	struct json_object *whole, *data;
	struct lp_buf event = {0};

	MUST(m->room.n && m->data.len && m->expire_s > 0 && m->expire_s <= 36000);
	/* the parser has taken apsData out of body by itself, if it had to */
	MUST(lp_json_parse(lp_buf_str(&m->data), &whole) == LP_OK);
	MUST(json_object_object_get_ex(body, "pushData", &data));
	if (m->data_out.len)
		same(&m->data_out, whole, true);
	else
		same(&m->data, data, false);
	push_msg_fields(m, LP_STR("/n"), field, NULL);
	push_msg_event(&event, m, LP_STR("/n"));
	MUST(lp_utf8_valid(lp_buf_str(&event)));
	lp_buf_clear(&event);
	json_object_put(whole);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ident_rules *rules;
	struct lp_str text = lp_str((const char *)data, size);
	struct json_object *body;
	struct push_msg m = {0};
	bool form = size && data[0] == 'f';
	char *error;

	if (!rules)
		rules = ident_rules_new(IDENT_DEFAULT_PATTERN, 50, 100, 100, 100, &error);
	if (form ? api_form_parse(lp_str_from(text, 1), &body) : lp_json_parse(text, &body))
		return 0;
	if (push_msg_parse(&m, body, form ? LP_STR("") : text, rules, &limits) == PUSH_MSG_OK)
		accepted(&m, body);
	push_msg_clear(&m);
	json_object_put(body);
	return 0;
}
