/* TLS towards providers: 1.2 or later, HTTP/2 by ALPN, certificate and name verified. */
#ifndef H2_TLS_H
#define H2_TLS_H

#include <openssl/ssl.h>

/*
 * ca_file: PEM, "" for the system's authorities. cert and key: PEM texts of a client certificate,
 * with those between it and its root behind it; NULL: none. NULL and *why (static text) when one of
 * them can not be used. The caller frees it with SSL_CTX_free().
 */
SSL_CTX *h2_tls_context(const char *ca_file, const char *cert, const char *key, const char **why);
/* A client on a connected socket, which it does not close; host: a name or an address. */
SSL *h2_tls_client(SSL_CTX *ctx, int fd, const char *host);
/* What went wrong in the last call, one line; from the error queue, which is emptied. */
const char *h2_tls_error(SSL *ssl);

#endif
