/*
 * The first byte says how many attachments there are; the rest is the JSON of a packet. After
 * numbering the placeholders the text is JSON still, and numbering it again changes nothing.
 */
#include "config.h"

#include "connector/proto/json_scan.h"
#include "connector/proto/sio_binary.h"
#include "tests/fuzz/fuzz.h"

static void check_again(struct lp_str json, int count)
{
	unsigned order[SIO_ATTACHMENTS_MAX];
	struct lp_buf out = {0};

	MUST(json_scan_value(json, SIO_JSON_DEPTH) == (ssize_t)json.n);
	MUST(sio_binary_renumber(&out, json, (unsigned)count, order) == count);
	MUST(lp_str_eq(lp_buf_str(&out), json));
	for (int i = 0; i < count; i++)
		MUST(order[i] == (unsigned)i);
	lp_buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned order[SIO_ATTACHMENTS_MAX];
	struct lp_buf out = {0};
	struct lp_str json;
	unsigned attachments;
	int count;

	if (size < 2)
		return 0;
	attachments = data[0] % (SIO_ATTACHMENTS_MAX + 1);
	json = lp_str((const char *)data + 1, size - 1);
	if (json_scan_value(json, SIO_JSON_DEPTH) != (ssize_t)json.n)
		return 0;
	count = sio_binary_renumber(&out, json, attachments, order);
	MUST(count == LP_EPROTO || (count >= 0 && count <= SIO_ATTACHMENTS_MAX));
	for (int i = 0; i < count; i++)
		MUST(order[i] < attachments);
	if (count >= 0)
		check_again(lp_buf_str(&out), count);
	lp_buf_clear(&out);
	return 0;
}
