/*
 * A socket.io packet with attachments while its binary messages come in. They belong to the
 * session: a client may send the text by one POST and the bytes by the next, or the text by polling
 * and the bytes on the websocket it went over to.
 */
#ifndef ASSEMBLY_H
#define ASSEMBLY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp_buf.h"
#include "connector/proto/sio_packet.h"

struct assembly {
	struct lp_buf text; /* the packet, as it came */
	struct lp_buf data; /* the attachments, one behind the other */
	size_t ends[SIO_ATTACHMENTS_MAX];
	unsigned count; /* so far */
	unsigned due;   /* in all */
};

struct assembly *assembly_new(struct lp_str text, unsigned attachments);
void assembly_free(struct assembly *a);
/* Takes the next attachment; false when text and data would exceed max bytes. */
bool assembly_add(struct assembly *a, struct lp_str bytes, size_t max);
struct lp_str assembly_get(const struct assembly *a, unsigned i);

#endif
