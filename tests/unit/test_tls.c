#include "config.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <unistd.h>

#include "connector/engine/frame.h"
#include "connector/engine/socket.h"
#include "tests/unit/http_fixture.h"
#include "tests/unit/lp_test.h"

#define HEALTH "GET /health HTTP/1.1\r\n\r\n"
#define UPGRADE                                                                                    \
	"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: h\r\n"                        \
	"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"               \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"

/* --- certificates --- */

static char folder[] = "/tmp/test_tls.XXXXXX";
static char cert_a[64], key_a[64], cert_b[64], key_b[64], key_locked[64];

static void write_pem(const char *path, X509 *cert, EVP_PKEY *key, const char *password)
{
	FILE *f = fopen(path, "w");

	if (!f)
		abort();
	if (cert)
		PEM_write_X509(f, cert);
	else
		PEM_write_PrivateKey(f, key, password ? EVP_aes_128_cbc() : NULL,
				     (const unsigned char *)password,
				     password ? (int)strlen(password) : 0, NULL, NULL);
	fclose(f);
}

/* A certificate that vouches for itself, in two files. */
static void make_pair(const char *name, char *cert_file, char *key_file)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *cert = X509_new();
	X509_NAME *subject = X509_get_subject_name(cert);

	X509_set_version(cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
	X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1,
				   0);
	X509_set_issuer_name(cert, subject);
	X509_set_pubkey(cert, key);
	if (!X509_sign(cert, key, EVP_sha256()))
		abort();
	snprintf(cert_file, 64, "%s/%s.crt", folder, name);
	snprintf(key_file, 64, "%s/%s.key", folder, name);
	write_pem(cert_file, cert, NULL, NULL);
	write_pem(key_file, NULL, key, NULL);
	snprintf(key_locked, sizeof(key_locked), "%s/locked.key", folder);
	write_pem(key_locked, NULL, key, "secret");
	X509_free(cert);
	EVP_PKEY_free(key);
}

/* --- a client --- */

struct client {
	SSL_CTX *ctx;
	SSL *ssl;
	int fd;
	unsigned records;    /* of application data that came */
	struct lp_buf got;   /* of the last talk() */
	bool closed, failed; /* close_notify came; anything else ended it */
};

static void count_record(int writing, int version, int type, const void *buf, size_t len, SSL *ssl,
			 void *arg)
{
	struct client *c = arg;

	if (!writing && type == SSL3_RT_HEADER && len && *(const unsigned char *)buf == 23)
		c->records++;
}

static void connect_client(struct fixture *f, struct client *c, int version)
{
	*c = (struct client){.ctx = SSL_CTX_new(TLS_client_method()), .fd = client_new(f)};
	SSL_CTX_set_security_level(c->ctx, 0);
	SSL_CTX_set_min_proto_version(c->ctx, version);
	SSL_CTX_set_max_proto_version(c->ctx, version);
	SSL_CTX_set_mode(c->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE);
	c->ssl = SSL_new(c->ctx);
	SSL_set_fd(c->ssl, c->fd);
	SSL_set_connect_state(c->ssl);
	SSL_set_msg_callback(c->ssl, count_record);
	SSL_set_msg_callback_arg(c->ssl, c);
}

static void free_client(struct client *c)
{
	SSL_free(c->ssl);
	SSL_CTX_free(c->ctx);
	lp_buf_clear(&c->got);
	close(c->fd);
}

static void note_end(struct client *c, int rc)
{
	switch (SSL_get_error(c->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		break;
	case SSL_ERROR_ZERO_RETURN:
		c->closed = true;
		break;
	default:
		c->failed = true;
	}
}

/* Takes what there is. */
static void take(struct client *c)
{
	int n = 1;

	while (n > 0 && !c->closed && !c->failed) {
		ERR_clear_error();
		n = SSL_read(c->ssl, lp_buf_reserve(&c->got, 16384), 16384);
		if (n > 0)
			c->got.len += (size_t)n;
		else
			note_end(c, n);
	}
	lp_buf_add(&c->got, "", 0); /* terminated */
}

/* Writes the bytes and runs both sides until nothing moves any more. */
static void talk(struct fixture *f, struct client *c, const void *data, size_t len)
{
	size_t at = 0;

	lp_buf_reset(&c->got);
	c->records = 0;
	for (int i = 0; i < 200 && !c->failed; i++) {
		size_t before = at + c->got.len;
		int n;

		ERR_clear_error();
		n = at < len ? SSL_write(c->ssl, (const char *)data + at, (int)(len - at)) : 0;
		if (n > 0)
			at += (size_t)n;
		else if (at < len)
			note_end(c, n);
		fixture_run(f);
		take(c);
		if (at == len && before == at + c->got.len && i > 3)
			break;
	}
}

static void talk_text(struct fixture *f, struct client *c, const char *text)
{
	talk(f, c, text, strlen(text));
}

static void start(struct fixture *f)
{
	fixture_start(f);
	CHECK(http_server_tls(f->server, cert_a, key_a));
}

/* What the peer's certificate is called. */
static void check_name(const struct client *c, const char *want)
{
	X509 *cert = SSL_get1_peer_certificate(c->ssl);
	char name[64] = "";

	if (cert)
		X509_NAME_get_text_by_NID(X509_get_subject_name(cert), NID_commonName, name,
					  sizeof(name));
	CHECK_STR(lp_cstr(want), lp_cstr(name), lp_cstr(want));
	X509_free(cert);
}

static bool healthy(const struct client *c)
{
	return c->got.len > 5 && !memcmp(c->got.data + c->got.len - 5, "hello", 5);
}

/* --- the tests --- */

static void test_versions(void)
{
	static const struct {
		int version;
		bool ok;
	} rows[] = {{TLS1_1_VERSION, false}, {TLS1_2_VERSION, true}, {TLS1_3_VERSION, true}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture f;
		struct client c;

		fixture_init(&f);
		start(&f);
		connect_client(&f, &c, rows[i].version);
		talk_text(&f, &c, HEALTH);
		CHECK(healthy(&c) == rows[i].ok);
		CHECK(c.failed != rows[i].ok);
		/* and again on the same connection */
		if (rows[i].ok)
			talk_text(&f, &c, HEALTH);
		CHECK(healthy(&c) == rows[i].ok);
		CHECK(http_server_conn_stats(f.server)->tls_failed == !rows[i].ok);
		CHECK(http_server_conn_stats(f.server)->open == (rows[i].ok ? 1 : 0));
		free_client(&c);
		fixture_run(&f);
		CHECK(http_server_conn_stats(f.server)->open == 0);
		fixture_stop(&f);
	}
}

static void test_alpn(void)
{
	static const struct {
		struct lp_str offer;
		const char *want; /* NULL: refused */
	} rows[] = {
		{BYTES("\x02h2\x08http/1.1"), "http/1.1"},
		{BYTES("\x08http/1.1"), "http/1.1"},
		{BYTES("\x02h2"), NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const unsigned char *chosen;
		unsigned len;
		struct fixture f;
		struct client c;

		fixture_init(&f);
		start(&f);
		connect_client(&f, &c, TLS1_3_VERSION);
		SSL_set_alpn_protos(c.ssl, (const unsigned char *)rows[i].offer.p,
				    (unsigned)rows[i].offer.n);
		talk_text(&f, &c, HEALTH);
		CHECK_ROW(rows[i].offer, healthy(&c) == !!rows[i].want);
		SSL_get0_alpn_selected(c.ssl, &chosen, &len);
		CHECK_STR(rows[i].offer, lp_str((const char *)chosen, len), lp_cstr(rows[i].want));
		free_client(&c);
		fixture_stop(&f);
	}
}

/* Closing is told, so that a cut connection can be known from a whole answer. */
static void test_close_notify(void)
{
	struct fixture f;
	struct client c;

	fixture_init(&f);
	start(&f);
	connect_client(&f, &c, TLS1_3_VERSION);
	talk_text(&f, &c, "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n");
	CHECK(healthy(&c));
	CHECK(c.closed && !c.failed);
	free_client(&c);
	fixture_run(&f);
	CHECK(http_server_conn_stats(f.server)->open == 0);
	/* the client first, which then still gets the answer to what it did */
	connect_client(&f, &c, TLS1_3_VERSION);
	talk_text(&f, &c, HEALTH);
	SSL_shutdown(c.ssl);
	talk(&f, &c, "", 0);
	CHECK(c.closed && !c.failed);
	CHECK(http_server_conn_stats(f.server)->open == 0);
	free_client(&c);
	fixture_stop(&f);
}

/* The machine may hold us up for most of it. */
#define PATIENCE_MS 500

/* No TLS, half a handshake, nothing at all. */
static void test_no_handshake(void)
{
	struct fixture f;
	struct client c;
	int plain, silent;

	fixture_init(&f);
	f.conf.header_timeout = PATIENCE_MS;
	start(&f);
	plain = client_new(&f);
	client_talk(&f, plain, HEALTH);
	CHECK(!client_read(&f, plain));
	CHECK(strstr(f.got.data, "hello") == NULL);
	CHECK(http_server_conn_stats(f.server)->tls_failed == 1);
	silent = client_new(&f);
	connect_client(&f, &c, TLS1_3_VERSION);
	SSL_do_handshake(c.ssl); /* the hello */
	CHECK(client_read(&f, silent));
	CHECK(http_server_conn_stats(f.server)->open == 2);
	usleep((PATIENCE_MS + 5) * 1000);
	CHECK(!client_read(&f, silent));
	CHECK(f.got.len == 0);
	CHECK(http_server_conn_stats(f.server)->open == 0);
	CHECK(http_server_stats(f.server)->timeouts == 2);
	close(plain);
	close(silent);
	free_client(&c);
	fixture_stop(&f);
}

/* More than a read takes, in many records. */
static void test_large_body(void)
{
	struct lp_buf text = {0};
	struct fixture f;
	struct client c;
	const char *at;

	fixture_init(&f);
	f.conf.max_payload = 300000;
	f.conf.send_queue_max = 1 << 20;
	start(&f);
	connect_client(&f, &c, TLS1_2_VERSION);
	talk_text(&f, &c, "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\n\r\n");
	at = strstr(c.got.data, "\"sid\":\"");
	CHECK(at != NULL);
	lp_buf_addf(&text,
		    "POST /socket.io/?EIO=4&transport=polling&sid=%.24s HTTP/1.1\r\n"
		    "Content-Length: 300000\r\n\r\n40\x1e"
		    "42[\"echo\",\"",
		    at ? at + 7 : "");
	for (int i = 0; i < 300000 - 16; i++)
		lp_buf_addc(&text, 'x');
	lp_buf_addz(&text, "\"]");
	talk(&f, &c, text.data, text.len);
	CHECK(c.got.len > 2 && !memcmp(c.got.data + c.got.len - 2, "ok", 2));
	CHECK(engine_sessions(f.engine) == 1);
	lp_buf_clear(&text);
	free_client(&c);
	fixture_stop(&f);
}

static void join(struct fixture *f, struct client *c)
{
	struct lp_buf frame = {0};

	talk_text(f, c, UPGRADE);
	add_frame(&frame, 0x81, "40", 2);
	talk(f, c, frame.data, frame.len);
	CHECK(f->last != NULL);
	lp_buf_clear(&frame);
}

/* What is sent in one turn leaves in one record. */
static void test_gathered(void)
{
	struct fixture f;
	struct client c;
	struct lp_blob *frame = frame_event(LP_STR("/"), LP_STR("[\"x\",1]"));

	fixture_init(&f);
	start(&f);
	connect_client(&f, &c, TLS1_2_VERSION);
	join(&f, &c);
	for (int i = 0; i < 100; i++)
		socket_send(f.last, frame);
	talk(&f, &c, "", 0);
	CHECK(c.got.len == 100 * frame->len);
	CHECK(c.records == 1);
	lp_blob_unref(frame);
	free_client(&c);
	fixture_stop(&f);
}

/* Small and large blocks in turn, far more than the kernel takes, while keys are changed. */
static void test_backlog(void)
{
	struct lp_buf all = {0}, want = {0};
	struct fixture f;
	struct client c;

	fixture_init(&f);
	f.conf.send_queue_max = 8 << 20;
	start(&f);
	connect_client(&f, &c, TLS1_3_VERSION);
	join(&f, &c);
	for (int i = 0; i < 600; i++) {
		static const int sizes[] = {10, 40000, 100, 16384, 3000};
		struct lp_buf json = {0};
		struct lp_blob *frame;

		lp_buf_addf(&json, "[\"x\",\"%0*d\"]", sizes[i % 5], i);
		frame = frame_event(LP_STR("/"), lp_buf_str(&json));
		lp_buf_add(&want, frame->data, frame->len);
		socket_send(f.last, frame);
		lp_blob_unref(frame);
		lp_buf_clear(&json);
	}
	fixture_run(&f); /* the queue meets a full kernel */
	for (int i = 0; i < 3; i++) {
		SSL_key_update(c.ssl, SSL_KEY_UPDATE_REQUESTED);
		talk(&f, &c, "", 0);
		lp_buf_adds(&all, lp_buf_str(&c.got));
	}
	CHECK(!c.failed);
	CHECK(all.len == want.len);
	CHECK(lp_str_eq(lp_buf_str(&all), lp_buf_str(&want)));
	lp_buf_clear(&all);
	lp_buf_clear(&want);
	free_client(&c);
	fixture_stop(&f);
}

/* New connections get the new certificate, old ones go on; one that can not be used changes
 * nothing. */
static void test_reload(void)
{
	const char *bad[][2] = {
		{"/nonexistent", key_a}, {cert_a, "/nonexistent"}, {cert_a, key_b},
		{key_a, key_a},          {cert_a, cert_a},         {cert_b, key_locked},
	};
	struct client old, new;
	struct fixture f;
	int plain;

	fixture_init(&f);
	start(&f);
	connect_client(&f, &old, TLS1_3_VERSION);
	talk_text(&f, &old, HEALTH);
	CHECK(http_server_tls(f.server, cert_b, key_b));
	for (size_t i = 0; i < COUNT(bad); i++)
		CHECK_ROW(lp_cstr(bad[i][0]), !http_server_tls(f.server, bad[i][0], bad[i][1]));
	connect_client(&f, &new, TLS1_3_VERSION);
	talk_text(&f, &new, HEALTH);
	CHECK(healthy(&new));
	check_name(&new, "b");
	talk_text(&f, &old, HEALTH);
	CHECK(healthy(&old));
	check_name(&old, "a");
	CHECK(http_server_tls(f.server, "", ""));
	plain = client_new(&f);
	CHECK(client_talk(&f, plain, HEALTH));
	CHECK(strstr(f.got.data, "hello") != NULL);
	talk_text(&f, &old, HEALTH);
	CHECK(healthy(&old));
	close(plain);
	free_client(&old);
	free_client(&new);
	fixture_stop(&f);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"versions", test_versions},         {"alpn", test_alpn},
		{"close_notify", test_close_notify}, {"no handshake", test_no_handshake},
		{"large body", test_large_body},     {"gathered", test_gathered},
		{"backlog", test_backlog},           {"reload", test_reload},
	};
	int status;

	if (!mkdtemp(folder))
		abort();
	make_pair("a", cert_a, key_a);
	make_pair("b", cert_b, key_b);
	status = lp_test_main("tls", tests, COUNT(tests));
	unlink(cert_a);
	unlink(key_a);
	unlink(cert_b);
	unlink(key_b);
	unlink(key_locked);
	rmdir(folder);
	return status;
}
