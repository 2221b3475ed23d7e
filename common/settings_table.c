#include "config.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/archive/sql_url.h"
#include "common/lp_mem.h"
#include "common/model/ident.h"
#include "common/push/secret_keys.h"
#include "common/settings_table.h"

#define SECOND INT64_C(1000)
#define HOUR   (INT64_C(3600) * SECOND)
#define DAY    (24 * HOUR)
#define KB     INT64_C(1024)
#define MB     (1024 * KB)

static bool check_pattern(const char *value, struct lp_buf *why)
{
	struct ident_rules *rules;
	char *error = NULL;

	rules = ident_rules_new(value, 1, 1, 1, 1, &error);
	if (!rules)
		lp_buf_addz(why, error);
	free(error);
	ident_rules_free(rules);
	return rules;
}

/* A port after a colon, digits only. */
static bool is_port(const char *p)
{
	size_t n = strspn(p, "0123456789");
	long port = strtol(p, NULL, 10);

	return n && n <= 5 && !p[n] && port >= 1 && port <= 65535;
}

static bool check_address(const char *value, struct lp_buf *why)
{
	const char *colon = strrchr(value, ':');
	struct sockaddr_un un;
	bool ok;

	if (strncmp(value, "unix:", 5) == 0)
		ok = value[5] == '/' && strlen(value + 5) < sizeof(un.sun_path);
	else
		ok = colon && colon > value && is_port(colon + 1);
	if (!ok)
		lp_buf_addz(why, "it must be host:port or unix:/path");
	return ok;
}

static bool check_listen(const char *value, struct lp_buf *why)
{
	return !*value || check_address(value, why);
}

static bool check_redis(const char *value, struct lp_buf *why)
{
	if (*value && !strchr(value, ':'))
		return true; /* a host alone: port 6379 */
	return check_address(value, why);
}

static bool check_ip(const char *value, struct lp_buf *why)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, value, address) == 1 || inet_pton(AF_INET6, value, address) == 1)
		return true;
	lp_buf_addz(why, "it must be an IPv4 or IPv6 address, such as 127.0.0.1");
	return false;
}

static bool check_ips(const char *value, struct lp_buf *why)
{
	struct lp_str rest = lp_cstr(value);
	bool ok = true;

	while (ok && rest.n) {
		size_t comma = lp_str_find(rest, ',');
		char *item = lp_xstrndup(lp_str(rest.p, comma));

		ok = check_ip(item, why);
		free(item);
		rest = lp_str_from(rest, comma + 1);
	}
	return ok;
}

static bool check_node_id(const char *value, struct lp_buf *why)
{
	for (const char *p = value; *p; p++) {
		if (!isalnum((unsigned char)*p)) {
			lp_buf_addz(why, "it must be letters and digits only");
			return false;
		}
	}
	return true;
}

static bool check_socket_path(const char *value, struct lp_buf *why)
{
	size_t n = strlen(value);

	if (value[0] == '/' && value[n - 1] == '/' && !strpbrk(value, " ?#%"))
		return true;
	lp_buf_addz(why, "it must begin and end with /, without blanks, '?', '#', '%'");
	return false;
}

/* A list of one of them, or of both in any order. */
static bool check_pair(const char *value, const char *a, const char *b, struct lp_buf *why)
{
	size_t n = strcspn(value, ",");
	struct lp_str first = lp_str(value, n);
	bool is_a = lp_str_eq(first, lp_cstr(a));

	if ((is_a || lp_str_eq(first, lp_cstr(b))) &&
	    (!value[n] || strcmp(value + n + 1, is_a ? b : a) == 0))
		return true;
	lp_buf_addf(why, "it must be %s, %s, or both with a comma between them", a, b);
	return false;
}

static bool check_transports(const char *value, struct lp_buf *why)
{
	return check_pair(value, "polling", "websocket", why);
}

static bool check_versions(const char *value, struct lp_buf *why)
{
	return check_pair(value, "3", "4", why);
}

/* A list in which each item is one of three. */
static bool check_among(const char *value, const char *const words[3], struct lp_buf *why)
{
	struct lp_str rest = lp_cstr(value);

	while (rest.n) {
		struct lp_str item = lp_str(rest.p, lp_str_find(rest, ','));

		if (!lp_str_eq(item, lp_cstr(words[0])) && !lp_str_eq(item, lp_cstr(words[1])) &&
		    !lp_str_eq(item, lp_cstr(words[2]))) {
			lp_buf_addf(why, "\"%.*s\" is none of %s, %s, %s", LP_FMT(item), words[0],
				    words[1], words[2]);
			return false;
		}
		rest = lp_str_from(rest, item.n + 1);
	}
	return true;
}

static bool check_platforms(const char *value, struct lp_buf *why)
{
	static const char *const words[] = {"web", "ios", "android"};

	return check_among(value, words, why);
}

static bool check_provider_types(const char *value, struct lp_buf *why)
{
	static const char *const words[] = {"apns", "fcm", "webpush"};

	return check_among(value, words, why);
}

static bool check_cookie(const char *value, struct lp_buf *why)
{
	for (const char *p = value; *p; p++) {
		if (!isalnum((unsigned char)*p) && *p != '_' && *p != '-') {
			lp_buf_addz(why, "it must be letters, digits, _ and - only");
			return false;
		}
	}
	return true;
}

/*
 * The C library takes an unknown zone for UTC without a word, so look for its file. Nothing but
 * names inside the folder of zones.
 */
static bool check_timezone(const char *value, struct lp_buf *why)
{
	struct lp_buf path = {0};
	bool ok = strcmp(value, "local") == 0 || strcmp(value, "UTC") == 0;

	if (!ok && value[0] != '/' && !strstr(value, "..") &&
	    strspn(value, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") ==
		    strlen(value)) {
		lp_buf_addf(&path, "/usr/share/zoneinfo/%s", value);
		ok = access(path.data, R_OK) == 0;
		lp_buf_clear(&path);
	}
	if (!ok)
		lp_buf_addz(why, "it must be local or a name such as Europe/Zurich that "
				 "/usr/share/zoneinfo has");
	return ok;
}

/* Browsers send an origin as scheme://host[:port], without a path. */
static bool is_origin(struct lp_str s)
{
	size_t at = lp_str_find(s, ':');
	struct lp_str rest = lp_str_from(s, at);

	if (at == 0 || !lp_str_starts(rest, LP_STR("://")) || rest.n == 3)
		return false;
	rest = lp_str_from(rest, 3);
	return lp_str_find(rest, '/') == rest.n && lp_str_find(rest, ' ') == rest.n;
}

static bool check_origins(const char *value, struct lp_buf *why)
{
	struct lp_str rest = lp_cstr(value);

	if (!*value || strcmp(value, "*") == 0)
		return true;
	for (;;) {
		size_t comma = lp_str_find(rest, ',');

		if (!is_origin(lp_str(rest.p, comma))) {
			lp_buf_addz(why, "it must be * or origins such as https://example.org, "
					 "without a path");
			return false;
		}
		if (comma == rest.n)
			return true;
		rest = lp_str_from(rest, comma + 1);
	}
}

static bool check_https(const char *value, struct lp_buf *why)
{
	struct lp_str rest = lp_cstr(value);

	if (is_origin(rest) && lp_str_starts(rest, LP_STR("https://")))
		return true;
	lp_buf_addz(why, "it must be https://host or https://host:port, without a path");
	return false;
}

static bool check_secret_keys(const char *value, struct lp_buf *why)
{
	struct secret_keys *keys = secret_keys_new(value, why);

	secret_keys_free(keys);
	return keys || !*value;
}

static bool check_archive(const char *value, struct lp_buf *why)
{
	return sql_url_check(value, why);
}

const char *const setting_group_titles[GROUP_COUNT] = {
	[GROUP_REDIS] = "Redis",
	[GROUP_NAMES] = "Names",
	[GROUP_PUSH] = "Pushes and reports",
	[GROUP_OFFLINE] = "Offline delivery",
	[GROUP_ARCHIVE] = "Archive",
	[GROUP_API] = "API programs",
	[GROUP_CONNECTOR] = "Connector",
	[GROUP_CALLBACK] = "Callbacks",
	[GROUP_PROVIDER] = "Push providers",
	[GROUP_METRICS] = "Metrics and probes",
	[GROUP_LOG] = "Log",
};

#define ROW(NAME, KIND, GROUP, ...)                                                                \
	{                                                                                          \
		.name = #NAME, .kind = SETTING_##KIND, .group = GROUP_##GROUP,                     \
		.offset = offsetof(struct settings, NAME), __VA_ARGS__                             \
	}
#define UNIT(MS)        .unit = (MS)
#define RANGE(MIN, MAX) .min = (MIN), .max = (MAX)
#define DEFAULT(TEXT)   .value = (TEXT)
#define CHOICES(TEXT)   .choices = (TEXT)
#define CHECK(FUNCTION) .check = (FUNCTION)
#define FLAGS(BITS)     .flags = (BITS)
#define HELP(TEXT)      .help = TEXT

/* One call per row; the formatter would make tall columns of them. */
/* clang-format off */
const struct setting setting_table[] = {
	ROW(redis_address, TEXT, REDIS, RANGE(1, 300), DEFAULT("127.0.0.1:6379"),
	    CHECK(check_redis),
	    HELP("The Redis server: host:port, host (port 6379) or unix:/path.")),
	ROW(redis_db, INT, REDIS, RANGE(0, 65535), DEFAULT("0"),
	    HELP("Number of the Redis database.")),
	ROW(redis_password, TEXT, REDIS, RANGE(0, 512), DEFAULT(""), FLAGS(SETTING_SECRET),
	    HELP("Password for Redis; empty for a server without one.")),
	ROW(redis_prefix, TEXT, REDIS, RANGE(0, 64), DEFAULT("lp:"),
	    HELP("Put in front of every Redis key, so that several installations can share a "
		 "server. All programs of an installation need the same.")),
	ROW(redis_timeout, DURATION, REDIS, UNIT(1), RANGE(10, 60 * SECOND), DEFAULT("800ms"),
	    HELP("Longest wait for a connection to Redis, and for one answer.")),

	ROW(key_reg, TEXT, NAMES, RANGE(1, 200), DEFAULT(IDENT_DEFAULT_PATTERN),
	    CHECK(check_pattern),
	    HELP("What namespace keys, rooms, user ids and uuids must match: a POSIX extended "
		 "regular expression in which the Perl forms \\w and \\d are understood too.")),
	ROW(namespace_max_length, INT, NAMES, RANGE(2, 1000), DEFAULT("50"),
	    HELP("Longest namespace key, in bytes.")),
	ROW(room_max_length, INT, NAMES, RANGE(1, 1000), DEFAULT("100"),
	    HELP("Longest name of a room, in bytes.")),
	ROW(userid_max_length, INT, NAMES, RANGE(1, 1000), DEFAULT("100"),
	    HELP("Longest user id, in bytes.")),
	ROW(uuid_max_length, INT, NAMES, RANGE(1, 1000), DEFAULT("100"),
	    HELP("Longest uuid of a device, in bytes.")),

	ROW(idempotency_time, DURATION, PUSH, UNIT(SECOND), RANGE(SECOND, DAY), DEFAULT("10m"),
	    HELP("A push that comes again with the same Idempotency-Key within this time is not "
		 "delivered again.")),
	ROW(inbox_max_length, INT, PUSH, RANGE(1, 10000000), DEFAULT("100000"),
	    HELP("Entries that may wait in Redis for one connector; older ones are dropped and "
		 "the connector makes up for them from the namespaces' logs.")),
	ROW(push_log_max_length, INT, PUSH, RANGE(1, 10000000), DEFAULT("10000"),
	    HELP("Pushes kept in a namespace's log, from which a connector that was cut off "
		 "catches up.")),
	ROW(push_max_rooms, INT, PUSH, RANGE(1, 1000), DEFAULT("100"),
	    HELP("Rooms that one message may go to.")),
	ROW(push_message_expire, HOURS, PUSH, UNIT(HOUR), RANGE(SECOND, 365 * DAY), DEFAULT("1h"),
	    HELP("How long a message is kept when its push does not say.")),
	ROW(push_message_list_max_limit, INT, PUSH, RANGE(1, 1000000), DEFAULT("1000"),
	    HELP("Newest messages of a namespace that the push report lists.")),
	ROW(push_message_max_expire, HOURS, PUSH, UNIT(HOUR), RANGE(SECOND, 365 * DAY),
	    DEFAULT("10h"), HELP("The longest a push may ask its message to be kept.")),
	ROW(report_online_list_max_limit, INT, PUSH, RANGE(0, 1000000), DEFAULT("1000"),
	    HELP("An online report with more rooms, users or clients than this leaves that list "
		 "out.")),
	ROW(report_push_ack_detail_max_limit, INT, PUSH, RANGE(0, 1000000), DEFAULT("1000"),
	    HELP("A push report gives no list of clients from this many acknowledgements on.")),
	ROW(timezone, TEXT, PUSH, RANGE(1, 64), DEFAULT("local"), CHECK(check_timezone),
	    HELP("Time zone whose days, hours and minutes pushes are counted by: a name such as "
		 "Europe/Zurich, or local for that of the computer.")),

	ROW(android_unread_message_list_max_limit, INT, OFFLINE, RANGE(1, 100000), DEFAULT("100"),
	    HELP("Messages that wait for one client while it is away: the newest ones, until they "
		 "expire.")),
	ROW(apns_aps_alert, TEXT, OFFLINE, RANGE(0, 1000), DEFAULT("通知"),
	    HELP("Alert of an APNs notification that brings none.")),
	ROW(apns_payload_size, SIZE, OFFLINE, RANGE(1, 64 * KB), DEFAULT("4000"),
	    HELP("Largest pushData.apsData that a push with leaveMessage may have.")),
	ROW(client_legacy_expire, DURATION, OFFLINE, UNIT(HOUR), RANGE(SECOND, 3650 * DAY),
	    DEFAULT("240h"),
	    HELP("The administrator can remove clients that have not connected for so long.")),
	ROW(client_push_interval, DURATION, OFFLINE, UNIT(SECOND), RANGE(0, HOUR), DEFAULT("1s"),
	    HELP("Shortest time between two pushes sent by one client.")),
	ROW(offline_max_length, INT, OFFLINE, RANGE(1, 1000000000), DEFAULT("1000000"),
	    HELP("Messages that may wait for offline delivery; a push with leaveMessage beyond "
		 "that is refused.")),
	ROW(offline_providers, LIST, OFFLINE, RANGE(0, 100), DEFAULT("apns,fcm,webpush"),
	    CHECK(check_provider_types),
	    HELP("The order in which the push providers of a device with several tokens are "
		 "tried: the next one when the one before it has refused.")),
	ROW(unread_platforms, LIST, OFFLINE, RANGE(0, 100), DEFAULT("android"),
	    CHECK(check_platforms),
	    HELP("Platforms whose clients find the messages they missed when they connect "
		 "again, in the event offlineMessage: web, ios, android.")),
	ROW(worker_message_timeout, DURATION, OFFLINE, UNIT(1), RANGE(0, DAY), DEFAULT("5s"),
	    HELP("Time that clients have to acknowledge a message before it is "
		 "delivered offline.")),

	ROW(archive, TEXT, ARCHIVE, RANGE(1, 1000), DEFAULT("sqlite:/var/lib/light-push/archive.db"),
	    CHECK(check_archive), FLAGS(SETTING_URL),
	    HELP("The database to which the worker writes what was pushed and what became of it: "
		 "sqlite:/path of a file, postgresql://user:password@host/database, or off. All "
		 "programs of an installation need the same.")),
	ROW(archive_backlog_max, INT, ARCHIVE, RANGE(1, 10000000), DEFAULT("200000"),
	    HELP("Pushes of a namespace that may wait in Redis for the archive while it is away; "
		 "older ones are lost to it, and counted.")),
	ROW(archive_clients, BOOL, ARCHIVE, DEFAULT("false"),
	    HELP("Whether the archive also gets the coming and going of each client.")),
	ROW(archive_days, INT, ARCHIVE, RANGE(0, 36500), DEFAULT("365"),
	    HELP("How many days the archive keeps what was pushed, where a namespace does not say. "
		 "0: for ever.")),

	ROW(admin_api_listen, TEXT, API, RANGE(0, 300), DEFAULT("unix:/run/light-push/admin-api.sock"),
	    CHECK(check_listen),
	    HELP("FastCGI address of light-push-admin-api: host:port or unix:/path; empty takes "
		 "the socket that a process manager hands over as standard input.")),
	ROW(admin_name, TEXT, API, RANGE(1, 100), DEFAULT("admin"),
	    HELP("Name of the administrator. It can not have a colon.")),
	ROW(admin_passwd, TEXT, API, RANGE(0, 512), DEFAULT(""), FLAGS(SETTING_SECRET),
	    HELP("Password of the administrator. While it is empty the admin API refuses every "
		 "login.")),
	ROW(api_listen, TEXT, API, RANGE(0, 300), DEFAULT("unix:/run/light-push/api.sock"),
	    CHECK(check_listen),
	    HELP("FastCGI address of light-push-api; see admin_api_listen.")),
	ROW(api_threads, INT, API, RANGE(1, 1024), DEFAULT("32"),
	    HELP("Requests that one API process handles at a time.")),
	ROW(cors_origins, LIST, API, RANGE(0, 4096), DEFAULT("*"), CHECK(check_origins),
	    HELP("Origins whose web pages may call the API and connect to the connector, such as "
		 "https://example.org, or * for all, as light-push 1.x had it; for * the API "
		 "allows no credentials and the connector does as cors_credentials says. Empty: "
		 "none; connections by websocket alone are then open to every page.")),
	ROW(login_failures, INT, API, RANGE(0, 1000000), DEFAULT("10"),
	    HELP("Failed logins that one client address (of IPv6 a /64) may have within "
		 "login_failures_time; then it is refused with 429, also with the right password if "
		 "that was not right from there before, until some of them are forgotten. Each API "
		 "process counts for itself. Behind a proxy the web server must be told whose "
		 "forwarded addresses it may trust, or all callers are one. 0: no limit.")),
	ROW(login_failures_time, DURATION, API, UNIT(1), RANGE(SECOND, HOUR), DEFAULT("1m"),
	    HELP("How long it takes until that many failed logins of an address are forgotten.")),
	ROW(max_body, SIZE, API, RANGE(1, 1024 * MB), DEFAULT("1MB"),
	    HELP("Largest body of an API request.")),

	ROW(ack_interval, DURATION, CONNECTOR, UNIT(1), RANGE(1, 10 * SECOND), DEFAULT("10ms"),
	    HELP("Acknowledgements and counts are collected for this long and written to Redis "
		 "together.")),
	ROW(ack_window, INT, CONNECTOR, RANGE(1, 10000000), DEFAULT("10000"),
	    HELP("Recent messages of a namespace for which a connector takes acknowledgements.")),
	ROW(body_timeout, DURATION, CONNECTOR, UNIT(1), RANGE(1, HOUR), DEFAULT("30s"),
	    HELP("Longest time for the body of a long-polling request to arrive.")),
	ROW(compression_threshold, SIZE, CONNECTOR, RANGE(1, MB), DEFAULT("1024"),
	    HELP("Messages and long-polling answers shorter than this are sent uncompressed.")),
	ROW(connect_timeout, DURATION, CONNECTOR, UNIT(1), RANGE(1, HOUR), DEFAULT("45s"),
	    HELP("A session that has joined no namespace after this time is closed.")),
	ROW(cookie, TEXT, CONNECTOR, RANGE(0, 32), DEFAULT(""), CHECK(check_cookie),
	    HELP("Name of a cookie in which long-polling clients are given their session id, for "
		 "load balancers that route by one; no client needs it. Empty: no cookie.")),
	ROW(cors_credentials, BOOL, CONNECTOR, DEFAULT("true"),
	    HELP("Whether pages of cors_origins, also those allowed by *, may send credentials "
		 "when they connect. Pages with a socket.io client older than 3.0 always do, and "
		 "fail without this.")),
	ROW(duplicate_client, CHOICE, CONNECTOR, RANGE(0, 0), CHOICES("replace|reject"),
	    DEFAULT("replace"),
	    HELP("A second connection with the client id of one that is open, on any connector: it "
		 "replaces the older one, or it is refused.")),
	ROW(eio_missing, CHOICE, CONNECTOR, RANGE(0, 0), CHOICES("3|reject"), DEFAULT("3"),
	    HELP("A handshake without EIO, as old clients send it: serve it as engine.io 3, or "
		 "reject it.")),
	ROW(eio_versions, LIST, CONNECTOR, RANGE(1, 10), DEFAULT("3,4"), CHECK(check_versions),
	    HELP("Protocols spoken: 3 is that of socket.io 1 and 2 clients, 4 of 3 and later. "
		 "Others are refused.")),
	ROW(header_max, SIZE, CONNECTOR, RANGE(KB, MB), DEFAULT("16KB"),
	    HELP("Largest head of a request, cookies and URL included.")),
	ROW(header_timeout, DURATION, CONNECTOR, UNIT(1), RANGE(1, HOUR), DEFAULT("10s"),
	    HELP("Longest time for the head of a request to arrive.")),
	ROW(http_compression, BOOL, CONNECTOR, DEFAULT("true"),
	    HELP("Whether long-polling answers are sent with gzip to clients that take it.")),
	ROW(lease_time, DURATION, CONNECTOR, UNIT(1), RANGE(500, HOUR), DEFAULT("10s"),
	    HELP("A connector not heard of for this long counts as dead and its clients as gone.")),
	ROW(max_clients, INT, CONNECTOR, RANGE(1, 10000000), DEFAULT("100000"),
	    HELP("Sessions of one connector; more are refused.")),
	ROW(max_control_frames, INT, CONNECTOR, RANGE(1, 10000), DEFAULT("100"),
	    HELP("Websocket pings and pongs taken from one connection at a time; one that sends "
		 "more is closed.")),
	ROW(max_fragments, INT, CONNECTOR, RANGE(1, 1000000), DEFAULT("1024"),
	    HELP("Fragments of one websocket message.")),
	ROW(max_namespaces, INT, CONNECTOR, RANGE(1, 1000), DEFAULT("50"),
	    HELP("Namespaces that one session may be in.")),
	ROW(max_packets, INT, CONNECTOR, RANGE(1, 1000000), DEFAULT("1000"),
	    HELP("Packets in one long-polling body.")),
	ROW(max_payload, SIZE, CONNECTOR, RANGE(1, 1024 * MB), DEFAULT("1000000"),
	    HELP("Largest message or long-polling body taken from a client.")),
	ROW(max_rooms, INT, CONNECTOR, RANGE(1, 1000000), DEFAULT("1000"),
	    HELP("Rooms that one client may be in.")),
	ROW(node_id, TEXT, CONNECTOR, RANGE(1, 8), DEFAULT("1"), CHECK(check_node_id),
	    HELP("Tag of this connector in every session id, by which the web server finds the "
		 "way back to it: letters and digits. Each connector needs its own.")),
	ROW(pingInterval, DURATION, CONNECTOR, UNIT(1), RANGE(1, HOUR), DEFAULT("25s"),
	    HELP("Time between two pings.")),
	ROW(pingTimeout, DURATION, CONNECTOR, UNIT(1), RANGE(1, HOUR), DEFAULT("20s"),
	    HELP("A session is closed when a ping is late by this much.")),
	ROW(room_activity_broadcast, BOOL, CONNECTOR, DEFAULT("true"),
	    HELP("Whether the others in a room are told of a client that joins or leaves it, when "
		 "that client asked for it.")),
	ROW(send_queue_max, SIZE, CONNECTOR, RANGE(1, 1024 * MB), DEFAULT("1MB"),
	    HELP("Bytes that may wait for one connection; a slower reader is disconnected.")),
	ROW(sessions_per_address, INT, CONNECTOR, RANGE(0, 1000000), DEFAULT("0"),
	    HELP("Sessions that clients of one address may have on this connector; more are "
		 "refused. IPv6 addresses count by their first 64 bits. Many people can share one "
		 "address. 0: any number.")),
	ROW(socket_ip, TEXT, CONNECTOR, RANGE(1, 64), DEFAULT("127.0.0.1"), CHECK(check_ip),
	    HELP("Address that the connector listens on.")),
	ROW(socket_path, TEXT, CONNECTOR, RANGE(1, 200), DEFAULT("/socket.io/"),
	    CHECK(check_socket_path), HELP("Path of the socket.io endpoint.")),
	ROW(socket_port, INT, CONNECTOR, RANGE(1, 65535), DEFAULT("21314"),
	    HELP("Port that the connector listens on.")),
	ROW(tls_cert, TEXT, CONNECTOR, RANGE(0, 1000), DEFAULT(""), FLAGS(SETTING_RELOAD),
	    HELP("PEM file with a certificate and those between it and its root. With it and "
		 "tls_key the connector speaks TLS, 1.2 or later, instead of plain HTTP. Both files "
		 "are read again on SIGHUP.")),
	ROW(tls_key, TEXT, CONNECTOR, RANGE(0, 1000), DEFAULT(""), FLAGS(SETTING_RELOAD),
	    HELP("PEM file with the private key to tls_cert, without a password.")),
	ROW(token_leeway, DURATION, CONNECTOR, UNIT(SECOND), RANGE(0, HOUR), DEFAULT("10s"),
	    HELP("How much the clock of who makes tokens of clients (connect_auth) may differ. A "
		 "client whose token has expired is disconnected so much later.")),
	ROW(transports, LIST, CONNECTOR, RANGE(1, 100), DEFAULT("polling,websocket"),
	    CHECK(check_transports), HELP("Transports that clients may use.")),
	ROW(trusted_proxies, LIST, CONNECTOR, RANGE(0, 4096), DEFAULT("127.0.0.1,::1"),
	    CHECK(check_ips),
	    HELP("Addresses of web servers and load balancers in front of the connector: of what "
		 "they send, the last entry of X-Forwarded-For is the client's address.")),
	ROW(upgrade_timeout, DURATION, CONNECTOR, UNIT(1), RANGE(1, HOUR), DEFAULT("10s"),
	    HELP("Longest time for a session to finish its change from polling to websocket.")),
	ROW(websocket_compression, BOOL, CONNECTOR, DEFAULT("false"),
	    HELP("Whether websockets may compress messages (permessage-deflate). What goes to "
		 "many clients is compressed once, what comes from them costs time for each.")),

	ROW(callback_concurrency, INT, CALLBACK, RANGE(1, 10000), DEFAULT("20"),
	    HELP("Calls that one program has under way for one namespace.")),
	ROW(callback_failures, INT, CALLBACK, RANGE(1, 1000000), DEFAULT("5"),
	    HELP("Calls in a row without an answer, after which a namespace's callback server is "
		 "left alone for callback_pause; then one call tries whether it is back.")),
	ROW(callback_hosts, LIST, CALLBACK, RANGE(0, 4096), DEFAULT(""),
	    HELP("Hosts that callback URLs may name, exactly as they stand there. Empty: all, also "
		 "those inside your own network. Where the owners of namespaces are not to reach "
		 "these, list the hosts that are to be called.")),
	ROW(callback_pause, DURATION, CALLBACK, UNIT(1), RANGE(1, HOUR), DEFAULT("5s"),
	    HELP("How long a callback server that does not answer is left alone.")),
	ROW(callback_queue, INT, CALLBACK, RANGE(0, 1000000), DEFAULT("1000"),
	    HELP("Calls of one namespace that may wait in one program; more fail at once.")),
	ROW(callback_queue_max, INT, CALLBACK, RANGE(1, 10000000), DEFAULT("100000"),
	    HELP("Disconnect callbacks of all namespaces that may wait in Redis; more are lost, and "
		 "counted.")),
	ROW(callback_retry, DURATION, CALLBACK, UNIT(SECOND), RANGE(0, DAY), DEFAULT("5m"),
	    HELP("A disconnect callback is tried again for so long; then it is kept in a list of "
		 "the namespace, to be looked at and sent again.")),
	ROW(callback_timeout, DURATION, CALLBACK, UNIT(1), RANGE(10, 60 * SECOND), DEFAULT("5s"),
	    HELP("Longest time for one call of a callback URL, and half of it to connect. It may "
		 "have waited as long for its place.")),

	ROW(apns_address, TEXT, PROVIDER, RANGE(1, 300),
	    DEFAULT("https://api.push.apple.com:443"), CHECK(check_https),
	    HELP("Where APNs is, for entries of apns_list with apns_env production.")),
	ROW(apns_sandbox_address, TEXT, PROVIDER, RANGE(1, 300),
	    DEFAULT("https://api.sandbox.push.apple.com:443"), CHECK(check_https),
	    HELP("Where APNs is, for entries with apns_env dev.")),
	ROW(fcm_address, TEXT, PROVIDER, RANGE(1, 300), DEFAULT("https://fcm.googleapis.com"),
	    CHECK(check_https), HELP("Where Firebase Cloud Messaging is.")),
	ROW(fcm_token_hosts, LIST, PROVIDER, RANGE(0, 4096), DEFAULT("oauth2.googleapis.com"),
	    HELP("Hosts that the token_uri of a service account may name: there the worker asks "
		 "for access tokens.")),
	ROW(provider_ca_file, TEXT, PROVIDER, RANGE(0, 1000), DEFAULT(""),
	    HELP("PEM file with the authorities that providers' certificates may come from. "
		 "Empty: those that the system trusts.")),
	ROW(provider_concurrency, INT, PROVIDER, RANGE(1, 10000), DEFAULT("200"),
	    HELP("Requests that one namespace has under way at one provider, in one worker.")),
	ROW(provider_idle, DURATION, PROVIDER, UNIT(SECOND), RANGE(SECOND, DAY), DEFAULT("10m"),
	    HELP("A connection to a provider on which nothing was sent for so long is closed.")),
	ROW(provider_queue, INT, PROVIDER, RANGE(0, 1000000), DEFAULT("1000"),
	    HELP("Requests of one namespace that may wait for their turn at one provider, in one "
		 "worker; more are put off.")),
	ROW(provider_streams, INT, PROVIDER, RANGE(1, 10000), DEFAULT("500"),
	    HELP("Requests under way at a time on one connection to a provider, if it allows so "
		 "many.")),
	ROW(provider_timeout, DURATION, PROVIDER, UNIT(1), RANGE(10, 60 * SECOND), DEFAULT("10s"),
	    HELP("Longest time for one request to a provider.")),
	ROW(secret_keys, LIST, PROVIDER, RANGE(0, 4096), DEFAULT(""), CHECK(check_secret_keys),
	    FLAGS(SETTING_SECRET),
	    HELP("Keys that encrypt the certificates and keys of push providers in Redis: "
		 "name:key, a name of letters and digits and 32 random bytes in base64 (openssl "
		 "rand -base64 32), with commas between. The first encrypts; older ones stay for "
		 "what they encrypted, until push_providers of its namespace is saved again. The API programs and the workers need the same. Without "
		 "one such secrets can not be saved.")),
	ROW(webpush_hosts, LIST, PROVIDER, RANGE(0, 4096),
	    DEFAULT("fcm.googleapis.com,updates.push.services.mozilla.com,"
		    "*.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com"),
	    HELP("Hosts that the endpoint of a Web Push subscription, which a client gives, may "
		 "name, at port 443: names, or *.name for all below it, either with another port "
		 "as name:port. * allows any host with a public address.")),

	ROW(metrics_ip, TEXT, METRICS, RANGE(1, 64), DEFAULT("127.0.0.1"), CHECK(check_ip),
	    HELP("Address for metrics_port. Whoever reaches it sees the names of namespaces.")),
	ROW(metrics_namespaces, INT, METRICS, RANGE(0, 10000), DEFAULT("50"),
	    HELP("Namespaces with most clients that have a number of their own in the metrics of a "
		 "connector; the others are added up.")),
	ROW(metrics_port, INT, METRICS, RANGE(0, 65535), DEFAULT("0"),
	    HELP("Port on which a connector or a worker answers /metrics (for Prometheus), /healthz "
		 "and /readyz, by plain HTTP. Each process of a computer needs its own, best given "
		 "on the command line or in the environment, as node_id is. 0: none.")),

	ROW(log_format, CHOICE, LOG, CHOICES("text|json"), DEFAULT("text"),
	    HELP("Lines of text, or one JSON object a line.")),
	ROW(log_level, CHOICE, LOG, CHOICES("error|warn|info|debug"), DEFAULT("info"),
	    FLAGS(SETTING_RELOAD), HELP("How much is logged.")),
	ROW(log_path, TEXT, LOG, RANGE(0, 1000), DEFAULT(""),
	    HELP("File that log lines are appended to; empty for standard output.")),
};
/* clang-format on */

const size_t setting_count = sizeof(setting_table) / sizeof(setting_table[0]);

_Static_assert(sizeof(setting_table) / sizeof(setting_table[0]) == SETTINGS_COUNT,
	       "SETTINGS_COUNT in settings.h counts the rows");

int settings_check(const struct settings *s, struct lp_buf *why)
{
	if (s->push_message_expire > s->push_message_max_expire)
		lp_buf_addz(why, "push_message_expire is more than push_message_max_expire");
	else if (s->ack_interval >= s->lease_time)
		lp_buf_addz(why, "ack_interval must be less than lease_time");
	else if (s->redis_timeout >= s->lease_time)
		lp_buf_addz(why, "redis_timeout must be less than lease_time");
	else if (!*s->tls_cert != !*s->tls_key)
		lp_buf_addz(why, "tls_cert and tls_key must be given together");
	else if (strchr(s->admin_name, ':'))
		lp_buf_addz(why, "admin_name can not have a colon");
	else
		return LP_OK;
	return LP_EINVAL;
}
