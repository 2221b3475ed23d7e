#include "config.h"

#include "common/store/keys.h"

void key_namespace(struct lp_buf *out, const char *prefix, struct lp_str nsp)
{
	lp_buf_addz(out, prefix);
	lp_buf_addc(out, '{');
	lp_buf_adds(out, nsp);
	lp_buf_addc(out, '}');
}

void key_of_namespace(struct lp_buf *out, const char *prefix, struct lp_str nsp, const char *what)
{
	key_namespace(out, prefix, nsp);
	lp_buf_addc(out, ':');
	lp_buf_addz(out, what);
}

void key_of_platform(struct lp_buf *out, const char *prefix, const char *what)
{
	lp_buf_addz(out, prefix);
	lp_buf_addz(out, what);
}

void key_inbox(struct lp_buf *out, const char *prefix, struct lp_str owner)
{
	key_of_platform(out, prefix, "inbox:");
	lp_buf_adds(out, owner);
}
