#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/lp_hash.h"
#include "common/lp_str.h"
#include "connector/setup.h"

void setup_process(void)
{
	uint8_t key[16];

	setup_random(key, sizeof(key));
	lp_hash_seed(key);
}

void setup_random(void *buf, size_t len)
{
	while (getrandom(buf, len, 0) != (ssize_t)len) {
		if (errno != EINTR)
			abort(); /* session ids must not be guessable */
	}
}

static bool list_has(const char *list, const char *item)
{
	struct lp_str rest = lp_cstr(list);

	while (rest.n) {
		size_t end = lp_str_find(rest, ',');

		if (lp_str_eq(lp_str(rest.p, end), lp_cstr(item)))
			return true;
		rest = lp_str_from(rest, end + 1);
	}
	return false;
}

struct engine_conf setup_engine(const struct settings *s)
{
	struct engine_conf conf = {
		.polling = list_has(s->transports, "polling"),
		.websocket = list_has(s->transports, "websocket"),
		.eio3 = list_has(s->eio_versions, "3"),
		.eio4 = list_has(s->eio_versions, "4"),
		.eio_missing_is_3 = strcmp(s->eio_missing, "3") == 0,
		.ping_interval = (uint32_t)s->pingInterval,
		.ping_timeout = (uint32_t)s->pingTimeout,
		.upgrade_timeout = (uint32_t)s->upgrade_timeout,
		.connect_timeout = (uint32_t)s->connect_timeout,
		.max_payload = (size_t)s->max_payload,
		.send_queue_max = (size_t)s->send_queue_max,
		.max_namespaces = (unsigned)s->max_namespaces,
		.max_packets = (unsigned)s->max_packets,
		.max_sessions = (size_t)s->max_clients,
		.sessions_per_address = (unsigned)s->sessions_per_address,
	};

	snprintf(conf.tag, sizeof(conf.tag), "%s", s->node_id);
	snprintf(conf.cookie, sizeof(conf.cookie), "%s", s->cookie);
	return conf;
}

struct http_server_conf setup_http(const struct settings *s, uint64_t files)
{
	return (struct http_server_conf){
		.header_timeout = (unsigned)s->header_timeout,
		.body_timeout = (unsigned)s->body_timeout,
		.header_max = (size_t)s->header_max,
		.max_payload = (size_t)s->max_payload,
		.max_fragments = (unsigned)s->max_fragments,
		.max_control_frames = (unsigned)s->max_control_frames,
		.send_queue_max = (size_t)s->send_queue_max,
		.max_conns = files > 2 * SETUP_SPARE_FILES ? files - SETUP_SPARE_FILES
							   : SETUP_SPARE_FILES,
		.cors_origins = s->cors_origins,
		.cors_credentials = s->cors_credentials,
		.http_compression = s->http_compression,
		.websocket_compression = s->websocket_compression,
		.compression_threshold = (size_t)s->compression_threshold,
		.trusted_proxies = s->trusted_proxies,
	};
}
