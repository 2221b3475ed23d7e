#include "config.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "connector/io/tls.h"

/* TLS 1.2: only what has forward secrecy and authenticated encryption. 1.3 has nothing else. */
#define CIPHERS_1_2 "ECDHE+AESGCM:ECDHE+CHACHA20"

/* struct tls_context is an SSL_CTX, which counts its references, and struct tls an SSL. */
static SSL_CTX *ctx_of(struct tls_context *c)
{
	return (SSL_CTX *)c;
}

static SSL *ssl_of(struct tls *t)
{
	return (SSL *)t;
}

/* A key with a password: nobody is there to be asked. */
static int no_password(char *buf, int size, int writing, void *arg)
{
	return -1;
}

/* Section 3.2 of RFC 7301: if the client names protocols, one must be ours. */
static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
			   const unsigned char *in, unsigned in_len, void *arg)
{
	static const unsigned char ours[] = "\x08http/1.1";
	unsigned char *chosen;

	if (SSL_select_next_proto(&chosen, out_len, ours, sizeof(ours) - 1, in, in_len) !=
	    OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* What was wrong first. */
static const char *reason(void)
{
	unsigned long e = ERR_get_error();
	const char *text =
		ERR_SYSTEM_ERROR(e) ? strerror(ERR_GET_REASON(e)) : ERR_reason_error_string(e);

	ERR_clear_error();
	return text ? text : "unknown error";
}

static void configure(SSL_CTX *ctx)
{
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	if (!SSL_CTX_set_cipher_list(ctx, CIPHERS_1_2))
		abort(); /* libssl has them all */
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					 SSL_OP_CIPHER_SERVER_PREFERENCE |
					 SSL_OP_PRIORITIZE_CHACHA | SSL_OP_IGNORE_UNEXPECTED_EOF);
	/* An idle connection keeps no buffers. What is written again after EAGAIN may have been
	 * gathered anew, and a record that went out is progress. */
	SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
				      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	/* Sessions are resumed by tickets, which take no memory here. */
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_default_passwd_cb(ctx, no_password);
	SSL_CTX_set_alpn_select_cb(ctx, choose_protocol, NULL);
}

struct tls_context *tls_context_new(const char *cert_file, const char *key_file)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	const char *bad = NULL;

	if (!ctx)
		abort(); /* out of memory */
	configure(ctx);
	ERR_clear_error();
	if (SSL_CTX_use_certificate_chain_file(ctx, cert_file) != 1)
		bad = cert_file;
	else if (SSL_CTX_use_PrivateKey_file(ctx, key_file, SSL_FILETYPE_PEM) != 1 ||
		 SSL_CTX_check_private_key(ctx) != 1)
		bad = key_file;
	if (!bad)
		return (struct tls_context *)ctx;
	lp_error("tls", "%s %s: %s", bad == cert_file ? "tls_cert" : "tls_key", bad, reason());
	SSL_CTX_free(ctx);
	return NULL;
}

void tls_context_free(struct tls_context *c)
{
	SSL_CTX_free(ctx_of(c));
}

struct tls *tls_new(struct tls_context *c, int fd)
{
	SSL *ssl = SSL_new(ctx_of(c));

	if (!ssl || SSL_set_fd(ssl, fd) != 1)
		abort(); /* out of memory */
	SSL_set_accept_state(ssl);
	return (struct tls *)ssl;
}

void tls_free(struct tls *t)
{
	SSL_free(ssl_of(t));
}

static ssize_t status(struct tls *t, int rc)
{
	switch (SSL_get_error(ssl_of(t), rc)) {
	case SSL_ERROR_WANT_READ:
		return TLS_WANT_READ;
	case SSL_ERROR_WANT_WRITE:
		return TLS_WANT_WRITE;
	case SSL_ERROR_ZERO_RETURN:
		return TLS_EOF;
	case SSL_ERROR_SYSCALL:
		return TLS_LOST;
	default:
		lp_debug("tls", "fd=%d: %s", SSL_get_fd(ssl_of(t)), reason());
		return TLS_FAILED;
	}
}

ssize_t tls_read(struct tls *t, void *buf, size_t len)
{
	size_t got = 0, n;
	int rc;

	/* libssl keeps errors in one queue for the thread, and looks there for this one's. */
	ERR_clear_error();
	do {
		rc = SSL_read_ex(ssl_of(t), (char *)buf + got, len - got, &n);
		if (rc == 1)
			got += n;
		/* The loop tells of bytes in the kernel; those in here only we know of. */
	} while (rc == 1 && got < len && SSL_pending(ssl_of(t)));
	return got ? (ssize_t)got : status(t, rc);
}

ssize_t tls_write(struct tls *t, const void *data, size_t len)
{
	size_t n;
	int rc;

	ERR_clear_error();
	rc = SSL_write_ex(ssl_of(t), data, len, &n);
	return rc == 1 ? (ssize_t)n : status(t, rc);
}

void tls_end(struct tls *t)
{
	ERR_clear_error();
	if (SSL_is_init_finished(ssl_of(t)))
		SSL_shutdown(ssl_of(t));
}
