#include "config.h"

#include <ctype.h>
#include <stdint.h>

#include "common/lp_json.h"
#include "common/model/json_text.h"

struct cursor {
	const char *p;
	const char *end;
	unsigned depth;
};

static bool value(struct cursor *c);

/* In the outermost value; text may be empty without a place. */
static struct cursor begin(struct lp_str text)
{
	return (struct cursor){.p = text.p, .end = text.n ? text.p + text.n : text.p, .depth = 1};
}

static void space(struct cursor *c)
{
	while (c->p < c->end && (*c->p == ' ' || *c->p == '\t' || *c->p == '\n' || *c->p == '\r'))
		c->p++;
}

/* Takes one given byte, after white space. */
static bool take(struct cursor *c, char byte)
{
	space(c);
	if (c->p == c->end || *c->p != byte)
		return false;
	c->p++;
	return true;
}

static bool escape(struct cursor *c)
{
	if (c->p == c->end)
		return false;
	if (*c->p != 'u')
		return memchr("\"\\/bfnrt", *c->p++, 8);
	c->p++;
	for (int i = 0; i < 4; i++) {
		if (c->p == c->end || !isxdigit((unsigned char)*c->p++))
			return false;
	}
	return true;
}

/* The cursor is behind the opening quote. */
static bool string(struct cursor *c)
{
	while (c->p < c->end) {
		unsigned char byte = (unsigned char)*c->p++;

		if (byte == '"')
			return true;
		if (byte < 0x20 || (byte == '\\' && !escape(c)))
			return false;
	}
	return false;
}

static bool digits(struct cursor *c)
{
	const char *from = c->p;

	while (c->p < c->end && isdigit((unsigned char)*c->p))
		c->p++;
	return c->p > from;
}

static bool number(struct cursor *c)
{
	if (*c->p == '-')
		c->p++;
	if (c->p < c->end && *c->p == '0')
		c->p++;
	else if (!digits(c))
		return false;
	if (c->p < c->end && *c->p == '.') {
		c->p++;
		if (!digits(c))
			return false;
	}
	if (c->p < c->end && (*c->p == 'e' || *c->p == 'E')) {
		c->p++;
		if (c->p < c->end && (*c->p == '+' || *c->p == '-'))
			c->p++;
		return digits(c);
	}
	return true;
}

static bool word(struct cursor *c, struct lp_str w)
{
	if (!lp_str_starts(lp_str(c->p, (size_t)(c->end - c->p)), w))
		return false;
	c->p += w.n;
	return true;
}

static bool array(struct cursor *c)
{
	if (take(c, ']'))
		return true;
	do {
		if (!value(c))
			return false;
	} while (take(c, ','));
	return take(c, ']');
}

/* What is wanted of the members of the outermost object. */
struct pick {
	struct lp_str key;
	struct lp_str found; /* the value of the last one called key */
	struct lp_buf *rest; /* gets the other members, or NULL */
	size_t kept;
};

/* One member, from the quote of its name (taken) to the end of its value. */
static bool member(struct cursor *c, struct pick *pick)
{
	const char *from = c->p, *at;
	struct lp_str name;

	if (!string(c))
		return false;
	name = lp_str(from, (size_t)(c->p - from - 1));
	if (!take(c, ':'))
		return false;
	space(c);
	at = c->p;
	if (!value(c))
		return false;
	if (!pick)
		return true;
	if (lp_str_find(name, '\\') != name.n)
		return false; /* it could spell the key */
	if (lp_str_eq(name, pick->key)) {
		pick->found = lp_str(at, (size_t)(c->p - at));
	} else if (pick->rest) {
		lp_buf_addz(pick->rest, pick->kept++ ? ",\"" : "\"");
		lp_buf_add(pick->rest, from, (size_t)(c->p - from));
	}
	return true;
}

/* The members of an object whose brace was taken. */
static bool members(struct cursor *c, struct pick *pick)
{
	if (take(c, '}'))
		return true;
	do {
		if (!take(c, '"') || !member(c, pick))
			return false;
	} while (take(c, ','));
	return take(c, '}');
}

static bool nested(struct cursor *c)
{
	bool ok;

	if (++c->depth > LP_JSON_DEPTH)
		return false;
	ok = *c->p++ == '[' ? array(c) : members(c, NULL);
	c->depth--;
	return ok;
}

static bool value(struct cursor *c)
{
	space(c);
	if (c->p == c->end)
		return false;
	switch (*c->p) {
	case '[':
	case '{':
		return nested(c);
	case '"':
		c->p++;
		return string(c);
	case 't':
		return word(c, LP_STR("true"));
	case 'f':
		return word(c, LP_STR("false"));
	case 'n':
		return word(c, LP_STR("null"));
	default:
		return number(c);
	}
}

static bool object(struct lp_str text, struct pick *pick)
{
	struct cursor c = begin(text);

	if (!text.n || !take(&c, '{') || !members(&c, pick))
		return false;
	space(&c);
	return c.p == c.end;
}

int json_text_member(struct lp_str text, const char *key, struct lp_str *out)
{
	struct pick pick = {.key = lp_cstr(key)};

	*out = pick.found;
	if (!object(text, &pick))
		return LP_EINVAL;
	*out = pick.found;
	return pick.found.p ? LP_OK : LP_ENOENT;
}

int json_text_without(struct lp_str text, const char *key, struct lp_buf *out)
{
	struct pick pick = {.key = lp_cstr(key), .rest = out};
	size_t before = out->len;

	lp_buf_addc(out, '{');
	if (!object(text, &pick)) {
		out->len = before;
		out->data[before] = '\0';
		return LP_EINVAL;
	}
	lp_buf_addc(out, '}');
	return LP_OK;
}

ssize_t json_text_elements(struct lp_str text, struct lp_str *out, size_t max)
{
	struct cursor c = begin(text);
	ssize_t n = 0;

	if (!text.n || !take(&c, '['))
		return -1;
	if (!take(&c, ']')) {
		do {
			const char *at;

			space(&c);
			at = c.p;
			if (!value(&c))
				return -1;
			if ((size_t)n < max)
				out[n] = lp_str(at, (size_t)(c.p - at));
			n++;
		} while (take(&c, ','));
		if (!take(&c, ']'))
			return -1;
	}
	space(&c);
	return c.p == c.end ? n : -1;
}
