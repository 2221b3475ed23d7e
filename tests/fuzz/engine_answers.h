/* Whether what the engine sends can be read by a client, and makes sense to it. */
#ifndef ENGINE_ANSWERS_H
#define ENGINE_ANSWERS_H

#include "tests/fuzz/engine_fixture.h"

void answers_frame(struct wire *w, const struct lp_blob *frame);
void answers_http(struct wire *w, const struct http_answer *a);

#endif
