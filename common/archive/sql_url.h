/*
 * Where the archive is: the setting archive. Pure.
 *
 *     off
 *     sqlite:/var/lib/light-push/archive.db
 *     postgresql://user:password@host:5432/database?sslmode=require   (postgres:// too)
 *     postgresql:///database?host=/run/postgresql
 */
#ifndef SQL_URL_H
#define SQL_URL_H

#include <stdbool.h>

#include "common/lp_buf.h"

enum sql_dialect { SQL_SQLITE, SQL_POSTGRESQL };

/* Whether url is one, "off" included; else the reason is appended to why (may be NULL). */
bool sql_url_check(const char *url, struct lp_buf *why);
/* No archive is kept. */
bool sql_url_off(const char *url);
/* Of a valid one that is not off. */
enum sql_dialect sql_url_dialect(const char *url);
/* The file of an SQLite one. */
const char *sql_url_path(const char *url);
/* Appends it as it may be logged: without a password. */
void sql_url_show(struct lp_buf *out, const char *url);

#endif
