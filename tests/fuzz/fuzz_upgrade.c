/*
 * Sessions that go from polling to a websocket, and everything that can come between: the lines of
 * fuzz_polling_session and of fuzz_ws_session, and
 *
 *     uI&b64=1      a websocket for the session of client I
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
	switch (letter) {
	case 'h':
	case 'w':
		fixture_handshake(f, i, letter == 'w', line->rest);
		break;
	case 'g':
		fixture_poll(f, i, LP_STR("GET"));
		break;
	case 'p':
		fixture_post(f, i);
		break;
	case 'b':
		fixture_body(f, i, line->rest.n ? line->rest.p[0] : 't',
			     lp_str_from(line->rest, 1));
		break;
	case 'u':
		fixture_upgrade(f, i, line->rest);
		break;
	case 's':
	case 'y':
		fixture_message(f, i, letter == 'y', line->rest, SIZE_MAX);
		break;
	case 'x':
		fixture_bytes(f, i, line->rest, SIZE_MAX);
		break;
	default:
		break;
	}
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
