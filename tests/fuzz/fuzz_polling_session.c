/*
 * Sessions by long polling. Lines, beside those of fixture_common(); I: number of a client:
 *
 *     h4&b64=1      handshake with EIO=4 and more query     gI    GET that waits
 *     pI            head of a POST                          mIPUT some other method
 *     bIt40/a,      body of type t, o or f: of the POST that waits for it, or of one of its own
 */
#include "config.h"

#include "tests/fuzz/engine_fixture.h"

static void step(struct fixture *f, struct fuzz_line *line)
{
	char letter = line->letter;
	unsigned i;

	if (fixture_common(f, line))
		return;
	i = fuzz_line_number(line);
	if (letter == 'h')
		fixture_handshake(f, i, false, line->rest);
	else if (letter == 'g')
		fixture_poll(f, i, LP_STR("GET"));
	else if (letter == 'm')
		fixture_poll(f, i, line->rest);
	else if (letter == 'p')
		fixture_post(f, i);
	else if (letter == 'b')
		fixture_body(f, i, line->rest.n ? line->rest.p[0] : 't',
			     lp_str_from(line->rest, 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lp_str input = lp_str((const char *)data, size);
	struct lp_buf scratch = {0};
	struct fixture f = {0};
	struct fuzz_line line;

	fixture_open(&f, &input);
	while (fuzz_line_next(&input, &scratch, &line)) {
		step(&f, &line);
		fixture_check(&f);
	}
	fixture_close(&f);
	lp_buf_clear(&scratch);
	return 0;
}
