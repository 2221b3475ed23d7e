/*
 * CSV as RFC 4180 has it and spreadsheets read it: fields separated by commas, lines ended by CR LF,
 * a field in quotes where it must be. Pure.
 *
 * A spreadsheet takes a cell that begins with = + - or @ for a formula, and what is exported comes
 * from whoever may push: such a field gets an apostrophe in front, which spreadsheets take for "this
 * is text".
 */
#ifndef CSV_H
#define CSV_H

#include "common/lp_buf.h"
#include "common/lp_str.h"

/* Spreadsheets take a file without it for one in the code page of their country. */
#define CSV_BOM "\xef\xbb\xbf"

/* Appends a field. */
void csv_field(struct lp_buf *out, struct lp_str text);
/* Appends what stands between two fields, and behind the last one. */
void csv_next(struct lp_buf *out);
void csv_end(struct lp_buf *out);

#endif
