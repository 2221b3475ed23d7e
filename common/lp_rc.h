/*
 * Result codes: LP_OK or a negative reason. Incremental decoders return > 0 bytes used, 0 for
 * "need more", < 0 for one of these.
 */
#ifndef LP_RC_H
#define LP_RC_H

enum lp_rc {
	LP_OK = 0,
	LP_EPROTO = -1,  /* the peer broke the protocol */
	LP_ETOOBIG = -2, /* over a limit */
	LP_EINVAL = -3,  /* a value that can not be accepted */
	LP_ENOENT = -4,  /* no such thing */
	LP_EAUTH = -5,   /* not allowed */
	LP_ESTORE = -6,  /* Redis not reachable, or it answered with an error */
	LP_EIO = -7,     /* a system call failed, see errno */
	LP_EBUSY = -8,   /* a bound on work in hand was reached */
	LP_ESTALE = -9,  /* what the caller knew is out of date */
};

#define LP_MUSTCHECK __attribute__((warn_unused_result))

/* A short English phrase for a code, never NULL. */
const char *lp_strerror(int rc);

#endif
