/*
 * The archive's schema: numbered files in sql/sqlite/ and sql/postgresql/, embedded at build time.
 * What has been applied is in the table migrations.
 */
#ifndef MIGRATE_H
#define MIGRATE_H

#include "common/archive/sql.h"

/*
 * Applies what is missing, each file in a transaction, under a lock that several programs wait for.
 * LP_ESTALE: the database is of a newer program. The reason of any error is appended to why.
 */
int migrate_up(struct sql *db, struct lp_buf *why) LP_MUSTCHECK;
/*
 * Whether it is as this program knows it. LP_ESTALE: newer; LP_ENOENT: not made, or not brought up to
 * date, yet.
 */
int migrate_check(struct sql *db, struct lp_buf *why) LP_MUSTCHECK;
/* The newest version that this program knows. */
unsigned migrate_version(enum sql_dialect dialect);

#endif
