/* Calls by https: a server whose certificate nobody vouches for is not talked to. */
#include "config.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/http/http_caller.h"
#include "tests/unit/lp_test.h"

/* Takes one connection and as much of a request as the client gives away. */
struct server {
	struct event_base *base;
	SSL_CTX *ctx;
	SSL *ssl;
	struct event *listener, *peer;
	int fd, port;
	bool spoke; /* the client sent something after the handshake */
};

static SSL_CTX *self_signed(void)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)"127.0.0.1",
				   -1, -1, 0);
	X509_set_issuer_name(cert, subject);
	X509_set_pubkey(cert, key);
	if (!X509_sign(cert, key, EVP_sha256()) || SSL_CTX_use_certificate(ctx, cert) != 1 ||
	    SSL_CTX_use_PrivateKey(ctx, key) != 1)
		abort();
	X509_free(cert);
	EVP_PKEY_free(key);
	return ctx;
}

static void on_peer(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	bool ready = SSL_is_init_finished(s->ssl);
	char byte;
	int n = ready ? SSL_read(s->ssl, &byte, 1) : SSL_accept(s->ssl);

	if (n > 0)
		s->spoke = s->spoke || ready;
	else if (SSL_get_error(s->ssl, n) != SSL_ERROR_WANT_READ)
		event_del(s->peer);
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	int peer = accept(fd, NULL, NULL);

	event_del(s->listener);
	fcntl(peer, F_SETFL, O_NONBLOCK);
	s->ssl = SSL_new(s->ctx);
	SSL_set_fd(s->ssl, peer);
	s->peer = event_new(s->base, peer, EV_READ | EV_PERSIST, on_peer, s);
	event_add(s->peer, NULL);
}

static void server_start(struct server *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	s->base = event_base_new();
	s->ctx = self_signed();
	s->fd = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(s->fd, (struct sockaddr *)&a, sizeof(a)) || listen(s->fd, 8) ||
	    getsockname(s->fd, (struct sockaddr *)&a, &len))
		abort();
	s->port = ntohs(a.sin_port);
	s->listener = event_new(s->base, s->fd, EV_READ | EV_PERSIST, on_accept, s);
	event_add(s->listener, NULL);
}

static void server_stop(struct server *s)
{
	if (s->ssl) {
		event_free(s->peer);
		close(SSL_get_fd(s->ssl));
		SSL_free(s->ssl);
	}
	event_free(s->listener);
	close(s->fd);
	SSL_CTX_free(s->ctx);
	event_base_free(s->base);
}

static void on_result(void *arg, const struct http_result *result)
{
	struct lp_buf *why = arg;

	CHECK(result->outcome == HTTP_FAILED);
	lp_buf_addz(why, result->why);
}

static void test_self_signed(void)
{
	struct server s = {.port = 0};
	struct http_caller_conf conf = {.concurrency = 1,
					.queue = 1,
					.timeout_ms = 3000,
					.failures = 5,
					.pause_ms = 100,
					.hosts = ""};
	struct http_caller *caller;
	struct lp_buf why = {0}, url = {0};
	struct http_request req = {.group = LP_STR("/demo")};

	server_start(&s);
	caller = http_caller_new(s.base, &conf);
	lp_buf_addf(&url, "https://127.0.0.1:%d/", s.port);
	req.url = lp_buf_str(&url);
	http_caller_call(caller, &req, on_result, &why);
	for (int i = 0; i < 1000 && !why.len; i++)
		event_base_loop(s.base, EVLOOP_ONCE);
	CHECK(why.len && strstr(why.data, "certificate"));
	CHECK(!s.spoke);
	http_caller_free(caller);
	server_stop(&s);
	lp_buf_clear(&why);
	lp_buf_clear(&url);
}

int main(void)
{
	static const struct lp_test tests[] = {{"a self-signed certificate", test_self_signed}};

	signal(SIGPIPE, SIG_IGN);
	return lp_test_main("http_tls", tests, COUNT(tests));
}
