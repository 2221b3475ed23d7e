/*
 * Every setting of every program: one struct, filled from one table (settings_table.c), whose rows
 * hold name, kind, unit, range, default, whether a running program takes a new value, and the text
 * that the sample file and the man page print.
 *
 * Times are milliseconds and sizes bytes inside the program, whatever unit the file uses.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"

#define SETTINGS_COUNT 105

/* Where a value came from; later ones win. */
enum settings_origin {
	SETTINGS_DEFAULT,
	SETTINGS_FROM_FILE,
	SETTINGS_FROM_ENV,
	SETTINGS_FROM_COMMAND,
};

/* Strings are heap copies owned by the struct; never NULL, "" when unset. Lists (kind LIST) are
 * kept as the text given, items separated by commas, white space around items removed. */
struct settings {
	/* Redis */
	char *redis_address; /* host:port or unix:/path */
	char *redis_password;
	char *redis_prefix;
	int64_t redis_db;
	int64_t redis_timeout; /* ms: connect, and one command */

	/* names and limits shared by API and connector */
	char *key_reg; /* POSIX extended, or the old program's PCRE with \w and \d */
	int64_t room_max_length;
	int64_t userid_max_length;
	int64_t uuid_max_length;
	int64_t namespace_max_length;

	/* pushes */
	double push_message_expire;     /* hours */
	double push_message_max_expire; /* hours */
	int64_t push_message_list_max_limit;
	int64_t report_online_list_max_limit;
	int64_t report_push_ack_detail_max_limit;
	int64_t android_unread_message_list_max_limit;
	int64_t worker_message_timeout; /* ms */
	char *unread_platforms;
	char *offline_providers;
	int64_t offline_max_length;   /* messages */
	int64_t client_legacy_expire; /* ms */
	int64_t client_push_interval; /* ms */
	char *apns_aps_alert;
	int64_t apns_payload_size;   /* bytes */
	int64_t push_log_max_length; /* entries of a namespace's log stream */
	int64_t inbox_max_length;    /* entries of a connector's inbox stream */
	int64_t push_max_rooms;      /* rooms of one message */
	int64_t idempotency_time;    /* ms for which a request with a key is remembered */
	char *timezone;              /* IANA name, or "local" */

	/* archive */
	char *archive;               /* see common/archive/sql_url.h */
	int64_t archive_backlog_max; /* entries of a namespace's log that wait for it */
	bool archive_clients;
	int64_t archive_days; /* 0: for ever */

	/* API programs */
	char *api_listen;       /* light-push-api: unix:/path or host:port; "" = standard input */
	char *admin_api_listen; /* light-push-admin-api */
	int64_t api_threads;
	int64_t login_failures;      /* of one address, then it is slowed down; 0: never */
	int64_t login_failures_time; /* ms in which they are forgotten */
	int64_t max_body;            /* bytes */
	char *cors_origins;          /* LIST, or "*" */
	char *admin_name;
	char *admin_passwd;

	/* connector */
	char *socket_ip;
	int64_t socket_port;
	char *node_id;           /* [A-Za-z0-9]{1,8}, the tag in front of every sid */
	char *transports;        /* LIST of polling, websocket */
	char *socket_path;       /* /socket.io/ */
	int64_t pingInterval;    /* ms */
	int64_t pingTimeout;     /* ms */
	int64_t upgrade_timeout; /* ms */
	int64_t connect_timeout; /* ms */
	int64_t header_timeout;  /* ms */
	int64_t body_timeout;    /* ms */
	int64_t header_max;      /* bytes */
	int64_t max_payload;     /* bytes */
	bool cors_credentials;
	bool websocket_compression;
	bool http_compression;
	int64_t compression_threshold; /* bytes */
	char *eio_versions;            /* LIST of 3, 4 */
	char *eio_missing;             /* "3" or "reject" */
	char *cookie;                  /* name of a cookie with the session id; "": none */
	int64_t send_queue_max;        /* bytes waiting for one connection */
	int64_t max_clients;           /* sessions of one connector */
	int64_t max_rooms;             /* rooms of one client */
	int64_t max_namespaces;        /* of one session */
	int64_t max_packets;           /* in one long-polling body */
	int64_t max_fragments;         /* of one websocket message */
	int64_t max_control_frames;    /* in what one read of a websocket brought */
	int64_t sessions_per_address;  /* 0: any number */
	char *tls_cert;                /* PEM files; both or none */
	char *tls_key;
	char *trusted_proxies; /* LIST of addresses */
	int64_t lease_time;    /* ms without renewal after which a connector counts as dead */
	int64_t ack_interval;  /* ms between two writes of acks and counts */
	int64_t ack_window;    /* recent messages a connector remembers per namespace */
	bool room_activity_broadcast;
	char *duplicate_client; /* "replace" or "reject" */
	int64_t token_leeway;   /* ms that clocks of who makes tokens may differ */

	/* calls of the business systems */
	int64_t callback_timeout;     /* ms of one call */
	int64_t callback_concurrency; /* calls of one namespace at a time */
	int64_t callback_queue;       /* calls of one namespace that wait */
	int64_t callback_queue_max;   /* disconnect callbacks of all namespaces that wait */
	int64_t callback_failures;    /* in a row, until a server is left alone */
	int64_t callback_pause;       /* ms for which it is */
	int64_t callback_retry;       /* ms in which a disconnect callback is tried again */
	char *callback_hosts;         /* LIST; "": any */

	/* metrics and probes of connector and worker */
	char *metrics_ip;
	int64_t metrics_port;       /* 0: off */
	int64_t metrics_namespaces; /* that have numbers of their own */

	/* push providers */
	char *apns_address; /* https://host:port, the others too */
	char *apns_sandbox_address;
	char *fcm_address;
	char *fcm_token_hosts;        /* LIST */
	char *provider_ca_file;       /* PEM; "": the system's */
	int64_t provider_concurrency; /* requests of one namespace at one provider at a time */
	int64_t provider_idle;        /* ms */
	int64_t provider_queue;       /* of one namespace at one provider that wait */
	int64_t provider_streams;     /* requests on one connection at a time */
	int64_t provider_timeout;     /* ms of one request */
	char *secret_keys;            /* see common/push/secret_keys.h */
	char *webpush_hosts;          /* LIST; "*": any */

	/* log */
	char *log_path;
	char *log_level;  /* error, warn, info, debug */
	char *log_format; /* text, json */

	unsigned char origin[SETTINGS_COUNT]; /* enum settings_origin, in the table's order */
};

/* Fills s with the defaults. */
void settings_init(struct settings *s);
void settings_clear(struct settings *s);

/*
 * Reads, in this order, later ones winning: the file (path NULL: none), the environment
 * (LIGHT_PUSH_<NAME>, upper case), and assignments, a NULL-terminated list of "NAME=VALUE" or NULL.
 * Then checks that the settings fit together. On a wrong name or value returns LP_EINVAL and
 * *error, one clear line for the person who started the program (heap, caller frees): which source
 * and line, what is wrong, the nearest known name or the range accepted. s is then half filled.
 */
int settings_load(struct settings *s, const char *path, char *const *assignments,
		  char **error) LP_MUSTCHECK;

/* A file's text alone; source is its name in errors. Same errors as above. */
int settings_load_text(struct settings *s, struct lp_str text, const char *source,
		       char **error) LP_MUSTCHECK;

/* One setting from its text; same errors as above. */
int settings_set(struct settings *s, const char *name, const char *value,
		 char **error) LP_MUSTCHECK;

/*
 * Takes over from `from` what a running program can change. The names of other settings that
 * differ are appended to kept, blanks between them: they need a restart.
 */
void settings_reload(struct settings *s, const struct settings *from, struct lp_buf *kept);

/* The commented sample file, every setting at its default. */
void settings_print_sample(FILE *out);
/* Every setting as it is in s, "name = value", with the origin (default, file, environment, command
 * line) behind it. Passwords are not printed. */
void settings_print(const struct settings *s, FILE *out);
/* Appends the same as a JSON array of {name, group, value, default, origin, secret, reload, help};
 * of a secret one the value is whether it is set. */
void settings_json(const struct settings *s, struct lp_buf *out);
/* The mdoc(7) list of all settings, for light-push.conf(5). */
void settings_print_mdoc(FILE *out);

#endif
