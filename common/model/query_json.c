#include "config.h"

#include <stdlib.h>

#include "common/lp_json.h"
#include "common/model/query_json.h"
#include "common/model/url_query.h"

/* Decoded, terminated, well-formed. */
static void decode(struct lp_buf *out, struct lp_str encoded)
{
	struct lp_buf raw = {0};

	lp_buf_reset(out);
	lp_buf_reserve(out, 1);
	url_decode(&raw, encoded);
	if (lp_utf8_valid(lp_buf_str(&raw)))
		lp_buf_adds(out, lp_buf_str(&raw));
	for (size_t i = out->len; i < raw.len; i++) {
		if ((unsigned char)raw.data[i] < 0x80)
			lp_buf_addc(out, raw.data[i]);
		else
			lp_buf_addz(out, "\xef\xbf\xbd");
	}
	lp_buf_addc(out, '\0');
	out->len--;
	lp_buf_clear(&raw);
}

void query_json(struct lp_buf *out, struct lp_str query)
{
	struct json_object *object = json_object_new_object();
	struct lp_buf key = {0}, text = {0};
	struct lp_str name, value;

	while (url_query_next(&query, &name, &value)) {
		decode(&key, name);
		decode(&text, value);
		json_object_object_add(object, key.data,
				       json_object_new_string_len(text.data, (int)text.len));
	}
	lp_json_text(out, object);
	json_object_put(object);
	lp_buf_clear(&key);
	lp_buf_clear(&text);
}
