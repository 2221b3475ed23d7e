/*
 * Sessions on websockets from the start, played twice: bytes arrive as they are, then in small
 * slices, and the same must come out. Lines, beside those of fixture_common(); I: number of an open
 * websocket:
 *
 *     w4&b64=1      opens one with EIO=4 and more query     sI40/a,  a text message
 *     yI\x00\xff    a binary message                        xI\x81   any bytes
 */
#include "config.h"

#include "tests/fuzz/engine_fixture.h"

static void step(struct fixture *f, struct fuzz_line *line, size_t slice)
{
	char letter = line->letter;
	unsigned i;

	if (fixture_common(f, line))
		return;
	i = fuzz_line_number(line);
	if (letter == 'w')
		fixture_handshake(f, i, true, line->rest);
	else if (letter == 's' || letter == 'y')
		fixture_message(f, i, letter == 'y', line->rest, slice);
	else if (letter == 'x')
		fixture_bytes(f, i, line->rest, slice);
}

static void play(struct lp_str input, size_t slice, struct lp_buf *log)
{
	struct lp_buf scratch = {0};
	struct fixture f = {.log = log};
	struct fuzz_line line;

	fixture_open(&f, &input);
	while (fuzz_line_next(&input, &scratch, &line)) {
		step(&f, &line, slice);
		fixture_check(&f);
	}
	fixture_close(&f);
	lp_buf_clear(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lp_str input = lp_str((const char *)data, size);
	struct lp_buf whole = {0}, parts = {0};

	play(input, SIZE_MAX, &whole);
	play(input, 1 + size % 7, &parts);
	MUST(lp_str_eq(lp_buf_str(&whole), lp_buf_str(&parts)));
	lp_buf_clear(&whole);
	lp_buf_clear(&parts);
	return 0;
}
