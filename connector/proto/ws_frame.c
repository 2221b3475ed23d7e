#include "config.h"

#include <string.h>

#include "connector/proto/ws_frame.h"

/*
 *      0                   1
 *      0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5
 *     +-+-----+-------+-+-------------+
 *     |F| rsv |opcode |M|     len     |   len 126: 2 more bytes of it, 127: 8; then 4 of the mask
 *     +-+-----+-------+-+-------------+
 */
size_t ws_frame_decode(struct ws_frame *f, const void *data, size_t len)
{
	const uint8_t *p = data;
	size_t more, head;

	if (len < 2)
		return 0;
	f->fin = p[0] >> 7;
	f->rsv = p[0] >> 4 & 7;
	f->opcode = p[0] & 15;
	f->masked = p[1] >> 7;
	f->len = p[1] & 127;
	more = f->len < 126 ? 0 : f->len == 126 ? 2 : 8;
	head = 2 + more + (f->masked ? 4 : 0);
	if (len < head)
		return 0;
	if (more) {
		f->len = 0;
		for (size_t i = 0; i < more; i++)
			f->len = f->len << 8 | p[2 + i];
	}
	if (f->masked)
		memcpy(f->mask, p + head - 4, 4);
	else
		memset(f->mask, 0, 4);
	return head;
}

size_t ws_frame_head(uint8_t out[10], enum ws_opcode opcode, uint64_t len)
{
	size_t more = len < 126 ? 0 : len <= 0xffff ? 2 : 8;

	out[0] = (uint8_t)(0x80 | opcode);
	out[1] = (uint8_t)(more == 0 ? len : more == 2 ? 126 : 127);
	for (size_t i = 0; i < more; i++)
		out[2 + i] = (uint8_t)(len >> 8 * (more - 1 - i));
	return 2 + more;
}

void ws_mask(void *data, size_t len, const uint8_t key[4], uint64_t offset)
{
	uint8_t *p = data;
	uint8_t turned[8];
	uint64_t wide, w;
	size_t i = 0;

	for (size_t k = 0; k < 8; k++)
		turned[k] = key[(offset + k) & 3];
	memcpy(&wide, turned, 8);
	for (; len - i >= 8; i += 8) {
		memcpy(&w, p + i, 8);
		w ^= wide;
		memcpy(p + i, &w, 8);
	}
	for (; i < len; i++)
		p[i] ^= turned[i & 7];
}
