#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "worker/provider/h2_tls.h"

/* TLS 1.2: only what HTTP/2 allows (RFC 9113, 9.2.2). 1.3 has nothing else. */
#define CIPHERS_1_2 "ECDHE+AESGCM:ECDHE+CHACHA20"

/* A key with a password: nobody is there to be asked. */
static int no_password(char *buf, int size, int writing, void *arg)
{
	return -1;
}

static BIO *bio_of(const char *text)
{
	BIO *bio = BIO_new_mem_buf(text, -1);

	if (!bio)
		abort(); /* out of memory */
	return bio;
}

static bool use_certificate(SSL_CTX *ctx, const char *text)
{
	BIO *bio = bio_of(text);
	X509 *cert = PEM_read_bio_X509(bio, NULL, no_password, NULL), *next;
	bool ok = cert && SSL_CTX_use_certificate(ctx, cert) == 1;

	X509_free(cert);
	while (ok && (next = PEM_read_bio_X509(bio, NULL, no_password, NULL)))
		ok = SSL_CTX_add0_chain_cert(ctx, next) == 1;
	BIO_free(bio);
	return ok;
}

static bool use_key(SSL_CTX *ctx, const char *text)
{
	BIO *bio = bio_of(text);
	EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL);
	bool ok = key && SSL_CTX_use_PrivateKey(ctx, key) == 1;

	EVP_PKEY_free(key);
	BIO_free(bio);
	return ok;
}

static const char *load(SSL_CTX *ctx, const char *ca_file, const char *cert, const char *key)
{
	if (*ca_file ? SSL_CTX_load_verify_file(ctx, ca_file) != 1
		     : SSL_CTX_set_default_verify_paths(ctx) != 1)
		return "provider_ca_file can not be read";
	if (cert && !use_certificate(ctx, cert))
		return "the certificate can not be used";
	if (cert && !use_key(ctx, key))
		return "the certificate's key can not be used";
	return NULL;
}

SSL_CTX *h2_tls_context(const char *ca_file, const char *cert, const char *key, const char **why)
{
	static const unsigned char h2[] = "\x02h2";
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());

	if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
	    SSL_CTX_set_cipher_list(ctx, CIPHERS_1_2) != 1 ||
	    SSL_CTX_set_alpn_protos(ctx, h2, sizeof(h2) - 1))
		abort(); /* out of memory */
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
					 SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	*why = load(ctx, ca_file, cert, key);
	ERR_clear_error();
	if (!*why)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

static bool is_address(const char *host)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

SSL *h2_tls_client(SSL_CTX *ctx, int fd, const char *host)
{
	SSL *ssl = SSL_new(ctx);
	bool ok = ssl && SSL_set_fd(ssl, fd) == 1;

	if (ok && is_address(host))
		ok = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
	else if (ok)
		ok = SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
	if (!ok)
		abort(); /* out of memory */
	SSL_set_connect_state(ssl);
	return ssl;
}

const char *h2_tls_error(SSL *ssl)
{
	unsigned long e = ERR_get_error();
	long verdict = SSL_get_verify_result(ssl);
	const char *text = ERR_SYSTEM_ERROR(e) ? strerror(ERR_GET_REASON(e))
			   : e                 ? ERR_reason_error_string(e)
			   : errno             ? strerror(errno)
					       : NULL;

	ERR_clear_error();
	if (verdict != X509_V_OK)
		return X509_verify_cert_error_string(verdict);
	return text ? text : "the server closed the connection";
}
