/* Inside of sql.h: what each kind of database does. */
#ifndef SQL_DRIVER_H
#define SQL_DRIVER_H

#include "common/archive/sql.h"

struct sql_driver {
	struct sql *(*open)(const char *url, enum sql_mode mode, unsigned timeout,
			    struct lp_buf *why);
	void (*close)(struct sql *db);
	int (*set_timeout)(struct sql *db, unsigned timeout);
	int (*exec)(struct sql *db, const char *text);
	void (*rollback)(struct sql *db);
	bool (*lost)(const struct sql *db);
	struct sql_stmt *(*prepare)(struct sql *db, const char *text);
	void (*finish)(struct sql_stmt *st);
	void (*bind_int)(struct sql_stmt *st, unsigned n, int64_t value);
	void (*bind_text)(struct sql_stmt *st, unsigned n, struct lp_str text);
	void (*bind_null)(struct sql_stmt *st, unsigned n);
	int (*step)(struct sql_stmt *st);
	void (*reset)(struct sql_stmt *st);
	int64_t (*column_int)(struct sql_stmt *st, unsigned column);
	struct lp_str (*column_text)(struct sql_stmt *st, unsigned column);
	bool (*column_null)(struct sql_stmt *st, unsigned column);
};

/* First member of what a driver opens. */
struct sql {
	const struct sql_driver *driver;
	enum sql_dialect dialect;
	enum sql_mode mode;
	unsigned timeout; /* ms, of statements */
	int64_t changes;
	struct lp_buf error;
};

/* First member of what a driver prepares. */
struct sql_stmt {
	struct sql *db;
};

extern const struct sql_driver sql_sqlite_driver;
extern const struct sql_driver sql_postgresql_driver;

#endif
