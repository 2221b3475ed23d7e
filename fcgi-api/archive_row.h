/* A row of the archive as a message record. */
#ifndef ARCHIVE_ROW_H
#define ARCHIVE_ROW_H

#include "common/archive/sql.h"
#include "fcgi-api/archive_read.h"

/* Gives the row that st is at, of archive_sql.h's columns, to record(). Returns bytes of its texts. */
size_t archive_row_give(struct sql_stmt *st, struct lp_str nsp, archive_record *record, void *arg);

#endif
