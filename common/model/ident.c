#include "config.h"

#include <ctype.h>
#include <limits.h>
#include <regex.h>
#include <stdlib.h>

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/model/ident.h"

#define NAME_MAX_LENGTH 1000 /* the most that the settings allow for any name */

struct ident_rules {
	size_t namespace_max, room_max, userid_max, uuid_max;
	bool table; /* the default pattern: no regex in use */
	regex_t regex;
};

/* The bytes of IDENT_DEFAULT_PATTERN. */
static const bool default_bytes[UCHAR_MAX + 1] = {
	['0' ... '9'] = true, ['A' ... 'Z'] = true, ['a' ... 'z'] = true, ['_'] = true,
	['.'] = true,         ['\\'] = true,        ['-'] = true,         ['$'] = true,
	['#'] = true,         ['/'] = true,
};

/*
 * A bracket expression on its way from Perl to POSIX, which knows no escapes in brackets: there ']'
 * must come first, '^' not first, '[' not before ":.=" and '-' last, so these are set apart.
 */
struct bracket {
	struct lp_buf members;
	bool close, open, caret, dash;
};

static void bracket_add(struct bracket *b, char c)
{
	if (c == ']')
		b->close = true;
	else if (c == '[')
		b->open = true;
	else if (c == '^')
		b->caret = true;
	else if (c == '-')
		b->dash = true;
	else
		lp_buf_addc(&b->members, c);
}

/* c stood behind a backslash. False for an escape that is not understood. */
static bool bracket_escape(struct bracket *b, char c)
{
	if (c == 'w')
		lp_buf_addz(&b->members, "[:alnum:]_");
	else if (c == 'd')
		lp_buf_addz(&b->members, "0-9");
	else if (c && !isalnum((unsigned char)c))
		bracket_add(b, c);
	else
		return false;
	return true;
}

/* p is behind the '[' and a '^' that negates; returns the place of the ']' or NULL. */
static const char *bracket_read(struct bracket *b, const char *p)
{
	for (; *p && *p != ']'; p++) {
		const char *end = p[0] == '[' && p[1] == ':' ? strstr(p, ":]") : NULL;

		if (end) {
			lp_buf_add(&b->members, p, (size_t)(end + 2 - p));
			p = end + 1;
		} else if (*p == '\\') {
			if (!bracket_escape(b, *++p))
				return NULL;
		} else if (*p == '-' && b->members.len && p[1] != ']') {
			lp_buf_addc(&b->members, '-'); /* a range */
		} else {
			bracket_add(b, *p);
		}
	}
	return *p ? p : NULL;
}

/* p is behind the '['; returns the place behind the ']', NULL when it is not understood. */
static const char *translate_bracket(struct lp_buf *out, const char *p)
{
	bool negated = *p == '^';
	struct bracket b = {0};

	p = bracket_read(&b, p + negated);
	if (p && b.caret && !b.members.len && !b.close && !b.open && !b.dash && !negated) {
		lp_buf_addz(out, "\\^"); /* "[^]" would be something else */
	} else if (p) {
		lp_buf_addz(out, negated ? "[^" : "[");
		lp_buf_addz(out, b.close ? "]" : "");
		lp_buf_adds(out, lp_buf_str(&b.members));
		lp_buf_addz(out, b.open ? "[" : "");
		/* "[^-]" would be a negation: the dash may stand first as well. */
		if (b.caret && b.dash && !b.members.len && !b.close && !b.open && !negated)
			lp_buf_addz(out, "-^]");
		else
			lp_buf_addz(out, b.caret ? (b.dash ? "^-]" : "^]") : b.dash ? "-]" : "]");
	}
	lp_buf_clear(&b.members);
	return p ? p + 1 : NULL;
}

#define REPEAT_MAX 2000

/*
 * regcomp() writes out what is repeated: a{9} as nine a's, a+ as a and a*; groups in groups
 * multiply, and so does what stands behind another, as in a++. So such are refused, and the product
 * of all repetitions is bounded, or a short pattern could take all memory and time. p is at a
 * character outside brackets, behind `last`.
 */
static bool count_repeats(const char *p, char last, long *product)
{
	long from = 2, to = 2;
	char *end;

	if (!strchr("*+?{", *p))
		return true;
	if (*p == '{') {
		from = strtol(p + 1, &end, 10);
		to = *end == ',' ? strtol(end + 1, NULL, 10) : from;
	} else if (last != ')') {
		from = to = 1; /* a single character may be repeated as often as one likes */
	}
	if (last == '*' || last == '+' || last == '?' || last == '}' || from < 0 ||
	    from > REPEAT_MAX || to < 0 || to > REPEAT_MAX)
		return false;
	if (to < from)
		to = from; /* "{3,}"; "{3,2}" is refused by regcomp() */
	*product *= to > 1 ? to : 1;
	return *product <= REPEAT_MAX;
}

static bool translate(struct lp_buf *out, const char *p)
{
	long product = 1;
	char last = 0; /* 'a' for what can be any character, also \+ */

	lp_buf_addz(out, "");
	while (p && *p) {
		if (*p == '[') {
			p = translate_bracket(out, p + 1);
			last = 'a';
		} else if (*p == '\\') {
			p++;
			if (*p == 'w')
				lp_buf_addz(out, "[[:alnum:]_]");
			else if (*p == 'd')
				lp_buf_addz(out, "[0-9]");
			else if (*p && !isalnum((unsigned char)*p))
				lp_buf_add(out, p - 1, 2);
			else
				return false; /* back references would make matching slow, too */
			p++;
			last = 'a';
		} else if (!count_repeats(p, last, &product)) {
			return false;
		} else {
			last = *p++;
			lp_buf_addc(out, last);
		}
	}
	return p;
}

static bool compile(regex_t *regex, const char *pattern, char **error)
{
	struct lp_buf posix = {0}, text = {0};
	char reason[128];
	int rc = REG_BADPAT;

	if (!translate(&posix, pattern)) {
		lp_buf_addf(&text,
			    "the pattern %s has an escape, a bracket or a repetition that can not "
			    "be used",
			    pattern);
	} else {
		rc = regcomp(regex, posix.data, REG_EXTENDED | REG_NOSUB);
		if (rc) {
			regerror(rc, regex, reason, sizeof(reason));
			lp_buf_addf(&text, "the pattern %s is wrong: %s", pattern, reason);
		}
	}
	lp_buf_clear(&posix);
	if (rc == 0)
		return true;
	*error = text.data;
	return false;
}

struct ident_rules *ident_rules_new(const char *pattern, size_t namespace_max, size_t room_max,
				    size_t userid_max, size_t uuid_max, char **error)
{
	struct ident_rules *r = lp_xcalloc(1, sizeof(*r));

	r->table = strcmp(pattern, IDENT_DEFAULT_PATTERN) == 0;
	r->namespace_max = namespace_max;
	r->room_max = room_max;
	r->userid_max = userid_max;
	r->uuid_max = uuid_max;
	if (!r->table && !compile(&r->regex, pattern, error)) {
		free(r);
		return NULL;
	}
	return r;
}

void ident_rules_free(struct ident_rules *r)
{
	if (!r)
		return;
	if (!r->table)
		regfree(&r->regex);
	free(r);
}

/*
 * regexec() only reads the compiled pattern, so threads may share it; the length is checked before,
 * which bounds its work. It wants a terminated name, hence the copy.
 */
static bool matches_regex(const struct ident_rules *r, struct lp_str s)
{
	char name[NAME_MAX_LENGTH + 1];

	if (s.n > NAME_MAX_LENGTH || memchr(s.p, '\0', s.n) || !lp_utf8_valid(s))
		return false;
	memcpy(name, s.p, s.n);
	name[s.n] = '\0';
	return regexec(&r->regex, name, 0, NULL, 0) == 0;
}

static bool matches(const struct ident_rules *r, struct lp_str s, size_t max)
{
	if (s.n == 0 || s.n > max)
		return false;
	if (!r->table)
		return matches_regex(r, s);
	for (size_t i = 0; i < s.n; i++) {
		if (!default_bytes[(unsigned char)s.p[i]])
			return false;
	}
	return true;
}

/* Braces would end the hash tag of the namespace's keys, whatever the pattern says. */
bool ident_namespace(const struct ident_rules *r, struct lp_str s)
{
	return s.n > 1 && s.p[0] == '/' && matches(r, s, r->namespace_max) &&
	       lp_str_find(s, '{') == s.n && lp_str_find(s, '}') == s.n;
}

bool ident_room(const struct ident_rules *r, struct lp_str s)
{
	return matches(r, s, r->room_max);
}

bool ident_userid(const struct ident_rules *r, struct lp_str s)
{
	return matches(r, s, r->userid_max);
}

bool ident_uuid(const struct ident_rules *r, struct lp_str s)
{
	return matches(r, s, r->uuid_max);
}

static const char *const platform_names[PLATFORM_COUNT] = {
	[PLATFORM_WEB] = "web",
	[PLATFORM_IOS] = "ios",
	[PLATFORM_ANDROID] = "android",
};

int platform_parse(struct lp_str s, enum platform *out)
{
	if (s.n == 0) {
		*out = PLATFORM_WEB;
		return LP_OK;
	}
	for (int i = 0; i < PLATFORM_COUNT; i++) {
		if (lp_str_eq(s, lp_cstr(platform_names[i]))) {
			*out = (enum platform)i;
			return LP_OK;
		}
	}
	return LP_EINVAL;
}

const char *platform_name(enum platform p)
{
	return platform_names[p];
}

void ident_client_id(struct lp_buf *out, struct lp_str nsp, struct lp_str userid, enum platform p,
		     struct lp_str uuid)
{
	lp_buf_adds(out, nsp);
	lp_buf_addc(out, '#');
	lp_buf_adds(out, userid);
	lp_buf_addc(out, '#');
	lp_buf_addz(out, platform_name(p));
	lp_buf_addc(out, '-');
	lp_buf_adds(out, uuid);
}

bool ident_is_client(const struct ident_rules *r, struct lp_str nsp, struct lp_str id)
{
	struct lp_str rest = lp_str_from(id, nsp.n + 1);

	if (!lp_str_starts(id, nsp) || id.n <= nsp.n || id.p[nsp.n] != '#')
		return false;
	/* A user id may have a '#' of its own: try each. */
	for (size_t at = lp_str_find(rest, '#'); at < rest.n;
	     at += 1 + lp_str_find(lp_str_from(rest, at + 1), '#')) {
		struct lp_str tail = lp_str_from(rest, at + 1);
		size_t dash = lp_str_find(tail, '-');
		enum platform p;

		if (dash && platform_parse(lp_str(tail.p, dash), &p) == LP_OK &&
		    ident_userid(r, lp_str(rest.p, at)) &&
		    ident_uuid(r, lp_str_from(tail, dash + 1)))
			return true;
	}
	return false;
}
