/*
 * One thread's connection to the archive: opened when it is needed, looked at whether its schema is
 * known, opened anew after it was lost; and its statements, prepared once.
 */
#ifndef ARCHIVE_DB_H
#define ARCHIVE_DB_H

#include "common/settings.h"
#include "fcgi-api/archive_sql.h"

struct archive_db;

/*
 * What a session on PostgreSQL begins with. It runs only the statements of archive_sql.h, each over
 * an index: the planner shall not read a table from its beginning because it is small now, or join
 * by reading all of message_counts.
 */
extern const char archive_db_session[];

struct archive_db *archive_db_new(const char *url);
void archive_db_free(struct archive_db *db);

/*
 * LP_OK when statements can be run; LP_ESTALE: no worker has made it yet; LP_ESTORE: see
 * archive_db_why(). It is not tried again for a second then.
 */
int archive_db_ready(struct archive_db *db) LP_MUSTCHECK;
enum sql_dialect archive_db_dialect(const struct archive_db *db);

/*
 * How long a statement may take from now on, until archive_db_ready() is asked again; 0: as usual.
 * LP_OK, or it failed.
 */
int archive_db_limit(struct archive_db *db, unsigned ms) LP_MUSTCHECK;

/*
 * A statement with its values bound, to be stepped and reset; st may be cleared then. NULL: it can
 * not be prepared.
 */
struct sql_stmt *archive_db_statement(struct archive_db *db, const struct archive_statement *st);

/* Notes why a call failed, and closes a database that was lost. LP_EBUSY or LP_ESTORE. */
int archive_db_failed(struct archive_db *db, int rc);
/* Why the last call failed. */
const char *archive_db_why(const struct archive_db *db);

#endif
