/*
 * Inside of settings: the rows of the table and what is done with one row. Programs use
 * settings.h only.
 */
#ifndef SETTINGS_TABLE_H
#define SETTINGS_TABLE_H

#include "common/lp_buf.h"
#include "common/settings.h"

/* What the value is in struct settings, and how it is written in the file. */
enum setting_kind {
	SETTING_TEXT,     /* char *; UTF-8 without control characters */
	SETTING_LIST,     /* char *; items between commas */
	SETTING_CHOICE,   /* char *; one of `choices` */
	SETTING_INT,      /* int64_t */
	SETTING_SIZE,     /* int64_t bytes; "64KB", "1MB", or bytes */
	SETTING_DURATION, /* int64_t ms; "500ms", "5s", "1m", "1h", or a number of `unit` */
	SETTING_HOURS,    /* double hours; as a duration, a bare number is hours */
	SETTING_BOOL,     /* bool; true, false, yes, no, on, off, 1, 0 */
};

enum setting_group {
	GROUP_REDIS,
	GROUP_NAMES,
	GROUP_PUSH,
	GROUP_OFFLINE,
	GROUP_ARCHIVE,
	GROUP_API,
	GROUP_CONNECTOR,
	GROUP_CALLBACK,
	GROUP_PROVIDER,
	GROUP_METRICS,
	GROUP_LOG,
	GROUP_COUNT
};

enum setting_flag {
	SETTING_RELOAD = 1, /* settings_reload() takes a new value over */
	SETTING_SECRET = 2, /* never printed */
	SETTING_URL = 4,    /* printed without its password (sql_url_show()) */
};

struct setting {
	const char *name;
	enum setting_kind kind;
	enum setting_group group;
	unsigned flags;
	size_t offset;       /* in struct settings */
	int64_t unit;        /* DURATION: ms that a bare number counts for */
	int64_t min, max;    /* INT, SIZE as they are; DURATION, HOURS ms; texts: bytes */
	const char *value;   /* the default, in the file's own form */
	const char *choices; /* CHOICE: "a|b" */
	/* A further look at the terminated value; appends the reason to why when it returns false. */
	bool (*check)(const char *value, struct lp_buf *why);
	const char *help;
};

/* By group, and by name inside a group. */
extern const struct setting setting_table[];
extern const size_t setting_count;
extern const char *const setting_group_titles[GROUP_COUNT];

/* NULL when there is no such setting. */
const struct setting *setting_find(struct lp_str name);
/* The setting with the most similar name; NULL when none is similar. */
const struct setting *setting_nearest(struct lp_str name);

/*
 * Parses text into the row's field of s. On LP_EINVAL the field is unchanged and what would be
 * accepted is appended to why, with the row's name in it.
 */
int setting_parse(const struct setting *row, struct settings *s, struct lp_str text,
		  struct lp_buf *why) LP_MUSTCHECK;
/* Appends the field's value in a form that setting_parse() reads back. */
void setting_format(const struct setting *row, const struct settings *s, struct lp_buf *out);
/* Appends what a value may be: "a whole number from 1 to 1024". */
void setting_describe(const struct setting *row, struct lp_buf *out);

/* Whether the settings fit together; else LP_EINVAL and the reason appended. */
int settings_check(const struct settings *s, struct lp_buf *why) LP_MUSTCHECK;

/* The row's place in struct settings. */
static inline void *setting_field(const struct setting *row, struct settings *s)
{
	return (char *)s + row->offset;
}

#endif
