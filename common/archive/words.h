/*
 * Text as the words by which the archive is searched; the same cut for what is searched and for what
 * is asked. Pure.
 *
 * A word is a run of letters and digits. Writing that puts no blanks between words (Chinese,
 * Japanese, Korean) gives a word per character, so a phrase of them finds any part of such a text.
 * All else separates. ASCII letters are made small here, others by the database.
 *
 * What is in SQLite's index can only be taken out by the same words: a change here needs a migration
 * that builds the index anew. sql/postgresql/ has the same rules in archive_words().
 */
#ifndef WORDS_H
#define WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/archive/sql_url.h"
#include "common/lp_buf.h"
#include "common/lp_str.h"

/* Characters of a text that are looked at. */
#define WORDS_TEXT_MAX 8192

/* Bytes of a mark, with its end. */
#define WORDS_MARK_MAX 24

/*
 * What stands in front of each word in the index: the number of its namespace, so that the messages of
 * one namespace are found without a look at those of the others. Written into text.
 */
struct lp_str words_mark(char text[WORDS_MARK_MAX], int64_t nsp);

/*
 * Appends the words of text, valid UTF-8, each with the mark in front and a blank behind it, and
 * returns how many. json: it is JSON as words_plain() made it, in which a backslash and what follows
 * are no word.
 */
size_t words_add(struct lp_buf *out, struct lp_str text, bool json, struct lp_str mark);

/*
 * Appends JSON text, valid UTF-8, with \uXXXX written as the characters they stand for, where
 * JSON allows that; so that the words of a text do not depend on who encoded it.
 */
void words_plain(struct lp_buf *out, struct lp_str json);

/*
 * Appends what finds the messages of a namespace with all that stands between the blanks of q, each as
 * one phrase; returns the number of words, and appends nothing when it is 0.
 *
 *     SQLite         a text for:  search MATCH ?
 *     PostgreSQL     a text for:  archive_words(nsp, no, data) @@ archive_query(nsp, ?)
 *                    which knows nothing of phrases: words_match() does
 */
size_t words_query(struct lp_buf *out, enum sql_dialect dialect, int64_t nsp, struct lp_str q);

/* Appends the phrases of q for words_match(). */
void words_phrases(struct lp_buf *out, struct lp_str q);
/* Whether JSON text, as words_plain() made it, has all of the phrases. */
bool words_match(struct lp_str phrases, struct lp_str json);

#endif
