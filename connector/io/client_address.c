#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "connector/io/client_address.h"

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff}; /* ::ffff:0:0/96 */

static bool is_v4(const struct link_address *a)
{
	return memcmp(a->bytes, mapped, sizeof(mapped)) == 0;
}

static void set_v4(struct link_address *a, const void *bytes)
{
	memcpy(a->bytes, mapped, sizeof(mapped));
	memcpy(a->bytes + sizeof(mapped), bytes, 4);
}

static struct lp_str trim(struct lp_str s)
{
	while (s.n && (s.p[0] == ' ' || s.p[0] == '\t'))
		s = lp_str_from(s, 1);
	while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t'))
		s.n--;
	return s;
}

/* Without the port, and the brackets that set it off from an IPv6 address. */
static struct lp_str host_of(struct lp_str s)
{
	size_t colon = lp_str_find(s, ':');

	if (s.n && s.p[0] == '[') {
		s = lp_str_from(s, 1);
		s.n = lp_str_find(s, ']');
	} else if (lp_str_find(lp_str_from(s, colon + 1), ':') == s.n - colon - 1) {
		s.n = colon; /* the only one */
	}
	return s;
}

bool client_address_parse(struct link_address *a, struct lp_str text)
{
	char host[INET6_ADDRSTRLEN];
	struct in_addr v4;

	text = host_of(trim(text));
	if (!text.n || text.n >= sizeof(host))
		return false;
	memcpy(host, text.p, text.n);
	host[text.n] = '\0';
	if (strlen(host) != text.n)
		return false;
	if (inet_pton(AF_INET, host, &v4) == 1) {
		set_v4(a, &v4);
		return true;
	}
	return inet_pton(AF_INET6, host, a->bytes) == 1;
}

bool client_address_listed(const struct link_address *a, const char *list)
{
	struct lp_str rest = lp_cstr(list);

	while (rest.n) {
		struct link_address item;
		size_t end = lp_str_find(rest, ',');

		if (client_address_parse(&item, lp_str(rest.p, end)) &&
		    memcmp(&item, a, sizeof(item)) == 0)
			return true;
		rest = lp_str_from(rest, end + 1);
	}
	return false;
}

static void of_peer(struct link_address *a, int fd)
{
	static const uint8_t local[4] = {127, 0, 0, 1};
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getpeername(fd, (struct sockaddr *)&ss, &len))
		ss.ss_family = AF_UNSPEC;
	if (ss.ss_family == AF_INET6)
		memcpy(a->bytes, &((struct sockaddr_in6 *)&ss)->sin6_addr, sizeof(a->bytes));
	else if (ss.ss_family == AF_INET)
		set_v4(a, &((struct sockaddr_in *)&ss)->sin_addr);
	else
		set_v4(a, local);
}

/* The last entry of the last such header is the proxy's own word; the others came from outside. */
static struct lp_str forwarded_for(const struct http_head *h)
{
	struct lp_str value = {0};

	for (size_t i = 0; i < h->header_count; i++) {
		if (lp_str_caseeq(h->headers[i].name, LP_STR("X-Forwarded-For")))
			value = h->headers[i].value;
	}
	while (lp_str_find(value, ',') < value.n)
		value = lp_str_from(value, lp_str_find(value, ',') + 1);
	return value;
}

void client_address_of(struct link_address *a, int fd, const struct http_head *h,
		       const char *proxies)
{
	struct link_address told;

	of_peer(a, fd);
	if (client_address_listed(a, proxies) && client_address_parse(&told, forwarded_for(h)))
		*a = told;
	if (!is_v4(a))
		memset(a->bytes + 8, 0, 8);
}
