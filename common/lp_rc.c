#include "config.h"

#include "common/lp_rc.h"

const char *lp_strerror(int rc)
{
	switch (rc) {
	case LP_OK:
		return "ok";
	case LP_EPROTO:
		return "protocol error";
	case LP_ETOOBIG:
		return "too big";
	case LP_EINVAL:
		return "invalid value";
	case LP_ENOENT:
		return "not found";
	case LP_EAUTH:
		return "not allowed";
	case LP_ESTORE:
		return "store unavailable";
	case LP_EIO:
		return "input/output error";
	case LP_EBUSY:
		return "busy";
	case LP_ESTALE:
		return "out of date";
	default:
		return "unknown error";
	}
}
