#include "config.h"

#include <ctype.h>
#include <unistd.h>

#include "common/lp_mem.h"
#include "common/settings_table.h"
#include "tests/unit/lp_test.h"

/* The table itself: rows in order, help as sentences, and defaults that survive a round trip. */
static void test_table(void)
{
	struct settings s;
	struct lp_buf text = {0};

	settings_init(&s);
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *row = &setting_table[i];
		struct lp_str name = lp_cstr(row->name);

		if (i > 0)
			CHECK_ROW(name, row->group > row[-1].group ||
						(row->group == row[-1].group &&
						 strcasecmp(row->name, row[-1].name) > 0));
		CHECK_ROW(name, isupper((unsigned char)row->help[0]) &&
					row->help[strlen(row->help) - 1] == '.');
		CHECK_ROW(name, setting_find(name) == row);
		lp_buf_reset(&text);
		setting_format(row, &s, &text);
		CHECK_ROW(name, settings_set(&s, row->name, text.data, NULL) == LP_OK);
		CHECK_ROW(name, strchr(row->help, '\n') == NULL);
	}
	CHECK(settings_check(&s, &text) == LP_OK);
	lp_buf_clear(&text);
	settings_clear(&s);
}

static void test_defaults(void)
{
	struct settings s;

	settings_init(&s);
	CHECK_STR(LP_STR("redis_address"), lp_cstr(s.redis_address), LP_STR("127.0.0.1:6379"));
	CHECK_STR(LP_STR("key_reg"), lp_cstr(s.key_reg), LP_STR("^[\\w.\\\\\\-$#/]+$"));
	CHECK_STR(LP_STR("apns_aps_alert"), lp_cstr(s.apns_aps_alert),
		  LP_STR("\xe9\x80\x9a\xe7\x9f\xa5"));
	CHECK_STR(LP_STR("admin_passwd"), lp_cstr(s.admin_passwd), LP_STR(""));
	CHECK(s.push_message_expire == 1.0 && s.push_message_max_expire == 10.0);
	CHECK(s.client_legacy_expire == 240 * 3600 * INT64_C(1000));
	CHECK(s.pingInterval == 25000 && s.pingTimeout == 20000 && s.redis_timeout == 800);
	CHECK(s.max_body == 1048576 && s.max_payload == 1000000 && s.apns_payload_size == 4000);
	CHECK(s.room_activity_broadcast && s.socket_port == 21314 && s.redis_db == 0);
	settings_clear(&s);
}

/* Values as setting_format() writes them back; NULL: refused. */
static const struct {
	const char *name, *in, *out;
} values[] = {
	{"redis_db", "7", "7"},
	{"redis_db", " 7 ", "7"},
	{"redis_db", "-1", NULL},
	{"redis_db", "65536", NULL},
	{"redis_db", "7x", NULL},
	{"redis_db", "1.5", NULL},
	{"redis_db", "", NULL},
	{"redis_db", "-", NULL},
	{"redis_db", "99999999999999999999", NULL},
	{"redis_db", "0x1", NULL},
	{"pingInterval", "25000", "25s"},
	{"pingInterval", "1500ms", "1500ms"},
	{"pingInterval", "1.5s", "1500ms"},
	{"pingInterval", "2 m", "2m"},
	{"pingInterval", "1H", "1h"},
	{"pingInterval", "0", NULL},
	{"pingInterval", "0.4", NULL},
	{"pingInterval", "2h", NULL},
	{"pingInterval", "5d", NULL},
	{"pingInterval", "s", NULL},
	{"pingInterval", ".5s", NULL},
	{"pingInterval", "5.s", NULL},
	{"pingInterval", "-5s", NULL},
	{"pingInterval", "inf", NULL},
	{"pingInterval", "nan", NULL},
	{"pingInterval", "1e3", NULL},
	{"pingInterval", "5ss", NULL},
	{"worker_message_timeout", "0", "0ms"},
	{"client_push_interval", "2", "2s"},
	{"client_push_interval", "500ms", "500ms"},
	{"client_legacy_expire", "240", "240h"},
	{"client_legacy_expire", "90m", "90m"},
	{"push_message_expire", "0.5", "30m"},
	{"push_message_expire", "2", "2h"},
	{"push_message_expire", "20s", "20s"},
	{"push_message_expire", "0", NULL},
	{"max_body", "1MB", "1MB"},
	{"max_body", "64k", "64KB"},
	{"max_body", "1024", "1KB"},
	{"max_body", "1000", "1000B"},
	{"max_body", "1.5 KB", "1536B"},
	{"max_body", "1GB", "1GB"},
	{"max_body", "2GB", NULL},
	{"max_body", "0", NULL},
	{"max_body", "1 apple", NULL},
	{"room_activity_broadcast", "off", "false"},
	{"room_activity_broadcast", "YES", "true"},
	{"room_activity_broadcast", "2", NULL},
	{"log_format", "json", "json"},
	{"log_format", "JSON", NULL},
	{"log_format", "", NULL},
	{"log_format", "text|json", NULL},
	{"eio_missing", "reject", "reject"},
	{"redis_password", "", ""},
	{"redis_password", "a b=c", "a b=c"},
	{"redis_password", "a\nb", NULL},
	{"redis_password", "a\xff", NULL},
	{"transports", " websocket , polling ", "websocket,polling"},
	{"transports", "websocket", "websocket"},
	{"transports", "", NULL},
	{"transports", "websocket,websocket", NULL},
	{"transports", "sse", NULL},
	{"transports", "polling,", "polling"},
	{"transports", "poll", NULL},
	{"transports", "polling,websocket,polling", NULL},
	{"eio_versions", "4 ,3", "4,3"},
	{"eio_versions", "4", "4"},
	{"eio_versions", "", NULL},
	{"eio_versions", "3,3", NULL},
	{"eio_versions", "2", NULL},
	{"cookie", "", ""},
	{"cookie", "io", "io"},
	{"cookie", "a;b", NULL},
	{"cookie", "012345678901234567890123456789012", NULL},
	{"node_id", "aZ9", "aZ9"},
	{"node_id", "a-1", NULL},
	{"node_id", "123456789", NULL},
	{"node_id", "", NULL},
	{"key_reg", "^[a-z]+$", "^[a-z]+$"},
	{"key_reg", "[", NULL},
	{"socket_ip", "0.0.0.0", "0.0.0.0"},
	{"socket_ip", "::1", "::1"},
	{"socket_ip", "localhost", NULL},
	{"trusted_proxies", " 10.0.0.1, ::1", "10.0.0.1,::1"},
	{"trusted_proxies", "", ""},
	{"trusted_proxies", "10.0.0.1,proxy", NULL},
	{"socket_path", "/push/socket.io/", "/push/socket.io/"},
	{"socket_path", "/", "/"},
	{"socket_path", "socket.io/", NULL},
	{"socket_path", "/socket.io", NULL},
	{"socket_port", "0", NULL},
	{"redis_address", "unix:/run/redis.sock", "unix:/run/redis.sock"},
	{"redis_address", "redis.local", "redis.local"},
	{"redis_address", "h:0", NULL},
	{"redis_address", "h:65536", NULL},
	{"redis_address", "unix:relative", NULL},
	{"api_listen", "", ""},
	{"api_listen", "127.0.0.1:9000", "127.0.0.1:9000"},
	{"api_listen", "9000", NULL},
	{"timezone", "local", "local"},
	{"timezone", "UTC", "UTC"},
	{"timezone", "Nowhere/At_All", NULL},
	{"timezone", "../passwd", NULL},
	{"timezone", "/etc/localtime", NULL},
	{"timezone", "UTC;", NULL},
	{"cors_origins", "*", "*"},
	{"cors_origins", "https://a.example, http://b:8080,", "https://a.example,http://b:8080"},
	{"cors_origins", "https://a.example/", NULL},
	{"cors_origins", "*,https://a.example", NULL},
	{"cors_origins", "a.example", NULL},
};

static void test_values(void)
{
	for (size_t i = 0; i < COUNT(values); i++) {
		struct lp_str row = lp_cstr(values[i].in);
		struct lp_buf before = {0}, after = {0};
		const struct setting *setting = setting_find(lp_cstr(values[i].name));
		struct settings s;
		char *error = NULL;

		settings_init(&s);
		setting_format(setting, &s, &before);
		CHECK_ROW(row, settings_set(&s, values[i].name, values[i].in, &error) ==
				       (values[i].out ? LP_OK : LP_EINVAL));
		setting_format(setting, &s, &after);
		if (values[i].out)
			CHECK_STR(row, lp_buf_str(&after), lp_cstr(values[i].out));
		else
			CHECK_STR(row, lp_buf_str(&after), lp_buf_str(&before));
		/* An error names the setting, and is one line. */
		CHECK_ROW(row, values[i].out ? !error
					     : error && strstr(error, values[i].name) &&
						       !strchr(error, '\n'));
		free(error);
		lp_buf_clear(&before);
		lp_buf_clear(&after);
		settings_clear(&s);
	}
}

static void test_nearest(void)
{
	static const struct {
		const char *in, *nearest;
	} rows[] = {
		{"redis_adress", "redis_address"},
		{"REDIS_DB", "redis_db"},
		{"ping_interval", "pingInterval"},
		{"room_length", "room_max_length"},
		{"log_levl", "log_level"},
		{"xyzzy", NULL},
		{"", NULL},
	};
	char huge[1000];

	for (size_t i = 0; i < COUNT(rows); i++) {
		const struct setting *row = setting_nearest(lp_cstr(rows[i].in));

		CHECK_STR(lp_cstr(rows[i].in), lp_cstr(row ? row->name : NULL),
			  lp_cstr(rows[i].nearest));
	}
	memset(huge, 'a', sizeof(huge));
	CHECK(setting_nearest(lp_str(huge, sizeof(huge))) == NULL);
}

/* error NULL: accepted, and redis_db is then `db`. */
static void test_file(void)
{
	static const struct {
		struct lp_str in;
		int db;
		const char *error;
	} rows[] = {
		{BYTES(""), 0, NULL},
		{BYTES("redis_db=3"), 3, NULL},
		{BYTES("# c\n; c\n\n  redis_db = 3 ; why\r\nlog_level = warn\n"), 3, NULL},
		{BYTES("\xef\xbb\xbfredis_db = 3\n"), 3, NULL},
		{BYTES("redis_password = a=b:c\nredis_db = 3\n"), 3, NULL},
		{BYTES("redis_db = 3\nredis_db = 4\n"), 0,
		 "f:2: redis_db is set twice in this file"},
		{BYTES("\nredis_adress = x\n"), 0,
		 "f:2: unknown setting \"redis_adress\"; did you mean redis_address?"},
		{BYTES("redis_db = x\n"), 0,
		 "f:1: redis_db must be a whole number from 0 to 65535"},
		{BYTES("redis_db =\n"), 0, "f:1: redis_db must be a whole number from 0 to 65535"},
		{BYTES("redis_db : 3\n"), 0, "f:1: the line is not of the form name = value"},
		{BYTES("redis_db\n"), 0, "f:1: the line is not of the form name = value"},
		{BYTES("redis_db ; = 3\n"), 0, "f:1: the line is not of the form name = value"},
		{BYTES("a\nredis_db = x\n"), 0, "f:1: the line is not of the form name = value"},
		{BYTES(" = 3\n"), 0, "f:1: unknown setting \"\""},
		{BYTES("[redis]\n"), 0, "f:1: sections such as [name] are not used here"},
		{BYTES("redis_db = 3\0\n"), 0, "f:1: the line has a control character"},
		{BYTES("redis_prefix = a\rb\n"), 0, "f:1: the line has a control character"},
		{BYTES("log_format = xml\n"), 0, "f:1: log_format must be text or json"},
		{BYTES("log_level = all\n"), 0,
		 "f:1: log_level must be error, warn, info or debug"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct settings s;
		char *error = NULL;

		settings_init(&s);
		CHECK_ROW(rows[i].in, settings_load_text(&s, rows[i].in, "f", &error) ==
					      (rows[i].error ? LP_EINVAL : LP_OK));
		CHECK_STR(rows[i].in, lp_cstr(error), lp_cstr(rows[i].error));
		if (!rows[i].error)
			CHECK_ROW(rows[i].in, s.redis_db == rows[i].db);
		free(error);
		settings_clear(&s);
	}
}

/* A line up to inih's limit is whole, a longer one an error, a comment of any length fine. */
static void test_long_lines(void)
{
	for (size_t n = 150; n < 230; n++) {
		struct lp_buf text = {0};
		struct settings s;
		char *error = NULL;
		int rc;

		lp_buf_addz(&text, "#");
		for (size_t i = 0; i < 3 * n; i++)
			lp_buf_addc(&text, ' ');
		lp_buf_addz(&text, "\nadmin_passwd=");
		for (size_t i = 0; i < n; i++)
			lp_buf_addc(&text, 'x');
		settings_init(&s);
		rc = settings_load_text(&s, lp_buf_str(&text), "f", &error);
		if (rc == LP_OK)
			CHECK(strlen(s.admin_passwd) == n);
		else
			CHECK_STR(LP_STR("long"), lp_cstr(error),
				  LP_STR("f:2: the line is too long"));
		CHECK((rc == LP_OK) == (strlen("admin_passwd=") + n <= 197));
		free(error);
		settings_clear(&s);
		lp_buf_clear(&text);
	}
}

static void load(struct settings *s, const char *path, char *const *assignments, const char *want)
{
	char *error = NULL;

	settings_init(s);
	CHECK((settings_load(s, path, assignments, &error) == LP_OK) == !want);
	CHECK_STR(LP_STR("load"), lp_cstr(error), lp_cstr(want));
	free(error);
}

static void test_order(void)
{
	char path[] = "/tmp/test_settings.XXXXXX";
	int fd = mkstemp(path);
	static const char text[] = "redis_db = 1\nsocket_port = 1\nnode_id = f\n";
	char *assignments[] = {(char[]){"redis_db=3"}, (char[]){"redis_db=4"}, NULL};
	struct settings s;

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	setenv("LIGHT_PUSH_REDIS_DB", "2", 1);
	setenv("LIGHT_PUSH_SOCKET_PORT", "2", 1);
	setenv("LIGHT_PUSH_PINGINTERVAL", "2s", 1);
	load(&s, path, assignments, NULL);
	CHECK(s.redis_db == 4 && s.socket_port == 2 && s.pingInterval == 2000);
	CHECK(strcmp(s.node_id, "f") == 0);
	CHECK(s.origin[setting_find(LP_STR("redis_db")) - setting_table] == SETTINGS_FROM_COMMAND);
	CHECK(s.origin[setting_find(LP_STR("socket_port")) - setting_table] == SETTINGS_FROM_ENV);
	CHECK(s.origin[setting_find(LP_STR("node_id")) - setting_table] == SETTINGS_FROM_FILE);
	CHECK(s.origin[setting_find(LP_STR("log_path")) - setting_table] == SETTINGS_DEFAULT);
	settings_clear(&s);
	unsetenv("LIGHT_PUSH_REDIS_DB");
	unsetenv("LIGHT_PUSH_SOCKET_PORT");
	unsetenv("LIGHT_PUSH_PINGINTERVAL");
	unlink(path);
	load(&s, "/nonexistent/f", NULL, "can not read /nonexistent/f: No such file or directory");
	settings_clear(&s);
}

static void test_environment(void)
{
	static const struct {
		const char *name, *value, *error;
	} rows[] = {
		{"LIGHT_PUSH_REDIS_DB", "x",
		 "environment: redis_db must be a whole number from 0 to 65535"},
		{"LIGHT_PUSH_redis_db", "1",
		 "environment: unknown variable \"LIGHT_PUSH_redis_db\"; did you mean redis_db?"},
		{"LIGHT_PUSH_XYZZY", "1", "environment: unknown variable \"LIGHT_PUSH_XYZZY\""},
		{"LIGHT_PUSH_", "1", "environment: unknown variable \"LIGHT_PUSH_\""},
		{"LIGHT_PUSH", "1", NULL},
		{"XLIGHT_PUSH_REDIS_DB", "x", NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct settings s;

		setenv(rows[i].name, rows[i].value, 1);
		load(&s, NULL, NULL, rows[i].error);
		settings_clear(&s);
		unsetenv(rows[i].name);
	}
}

static void test_assignments(void)
{
	static const struct {
		const char *one, *two, *error;
	} rows[] = {
		{"redis_db=1", "redis_db=2", NULL},
		{"redis_db", NULL, "--set: it must be NAME=VALUE"},
		{"=1", NULL, "--set: unknown setting \"\""},
		{"redis_db=1", "nod_id=2",
		 "--set: unknown setting \"nod_id\"; did you mean node_id?"},
		{"push_message_expire=11", NULL,
		 "push_message_expire is more than push_message_max_expire"},
		{"push_message_expire=11", "push_message_max_expire=11", NULL},
		{"ack_interval=10s", NULL, "ack_interval must be less than lease_time"},
		{"redis_timeout=10s", NULL, "redis_timeout must be less than lease_time"},
		{"tls_cert=/c.pem", NULL, "tls_cert and tls_key must be given together"},
		{"tls_key=/k.pem", NULL, "tls_cert and tls_key must be given together"},
		{"admin_name=a:b", NULL, "admin_name can not have a colon"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char *list[3] = {lp_xstrdup(rows[i].one),
				 rows[i].two ? lp_xstrdup(rows[i].two) : NULL};
		struct settings s;

		load(&s, NULL, list, rows[i].error);
		settings_clear(&s);
		free(list[0]);
		free(list[1]);
	}
}

static void test_reload(void)
{
	struct lp_buf kept = {0};
	struct settings s, next;

	settings_init(&s);
	settings_init(&next);
	settings_reload(&s, &next, &kept);
	CHECK(kept.len == 0);
	CHECK(settings_set(&next, "log_level", "debug", NULL) == LP_OK);
	CHECK(settings_set(&next, "redis_db", "1", NULL) == LP_OK);
	CHECK(settings_set(&next, "node_id", "b", NULL) == LP_OK);
	settings_reload(&s, &next, &kept);
	CHECK_STR(LP_STR("kept"), lp_buf_str(&kept), LP_STR("redis_db node_id"));
	CHECK(strcmp(s.log_level, "debug") == 0 && s.redis_db == 0 && strcmp(s.node_id, "1") == 0);
	lp_buf_clear(&kept);
	settings_clear(&s);
	settings_clear(&next);
}

/* The caller frees it. */
static char *printed(void (*print)(const struct settings *, FILE *), const struct settings *s)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	print(s, f);
	fclose(f);
	return text;
}

static void print_sample(const struct settings *s, FILE *out)
{
	settings_print_sample(out);
}

/* What is printed can be read back, as it is and with every '#' in front of a setting removed. */
static void test_print(void)
{
	struct settings s, again;
	struct lp_buf active = {0};
	char *error = NULL, *text;

	settings_init(&s);
	CHECK(settings_set(&s, "redis_password", "s3cret", NULL) == LP_OK);
	CHECK(settings_set(&s, "archive", "postgresql://u:s3cret@h/db", NULL) == LP_OK);
	CHECK(settings_set(&s, "push_message_expire", "90m", NULL) == LP_OK);
	text = printed(settings_print, &s);
	CHECK(!strstr(text, "s3cret") && strstr(text, "redis_password = (set) ; command line\n"));
	CHECK(strstr(text, "archive = postgresql://h/db ; command line\n"));
	settings_init(&again);
	CHECK(settings_load_text(&again, lp_cstr(text), "f", &error) == LP_OK && !error);
	CHECK(again.push_message_expire == 1.5);
	settings_clear(&again);
	free(text);

	text = printed(print_sample, &s);
	settings_init(&again);
	CHECK(settings_load_text(&again, lp_cstr(text), "f", &error) == LP_OK && !error);
	CHECK(again.origin[0] == SETTINGS_DEFAULT);
	for (const char *p = text; *p; p++) {
		if (*p != '#' || !islower((unsigned char)p[1]))
			lp_buf_addc(&active, *p);
	}
	CHECK(settings_load_text(&again, lp_buf_str(&active), "f", &error) == LP_OK && !error);
	for (size_t i = 0; i < setting_count; i++)
		CHECK_ROW(lp_cstr(setting_table[i].name), again.origin[i] == SETTINGS_FROM_FILE);
	lp_buf_clear(&active);
	settings_clear(&again);
	free(text);
	settings_clear(&s);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"table", test_table},
		{"defaults", test_defaults},
		{"values", test_values},
		{"nearest", test_nearest},
		{"file", test_file},
		{"long lines", test_long_lines},
		{"order", test_order},
		{"environment", test_environment},
		{"assignments", test_assignments},
		{"reload", test_reload},
		{"print", test_print},
	};

	return lp_test_main("settings", tests, COUNT(tests));
}
