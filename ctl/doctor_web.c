#include "config.h"

#include <curl/curl.h>
#include <string.h>

#include "ctl/doctor.h"

#define TIMEOUT_S  10L
#define ANSWER_MAX 65536

static size_t take(char *data, size_t size, size_t count, void *out)
{
	struct lp_buf *answer = out;

	if (answer->len + size * count > ANSWER_MAX)
		return 0;
	lp_buf_add(answer, data, size * count);
	return size * count;
}

/* GET of url and path behind it: the status, or 0 and *why. */
static long get(const char *url, const char *path, struct lp_buf *answer, const char **why)
{
	CURL *curl = curl_easy_init();
	struct lp_buf whole = {0};
	long status = 0;
	CURLcode rc;

	*why = "out of memory";
	lp_buf_reset(answer);
	if (!curl)
		return 0;
	lp_buf_addz(&whole, url);
	while (whole.len && whole.data[whole.len - 1] == '/')
		whole.data[--whole.len] = '\0';
	lp_buf_addz(&whole, path);
	curl_easy_setopt(curl, CURLOPT_URL, whole.data);
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, TIMEOUT_S);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
	rc = curl_easy_perform(curl);
	*why = curl_easy_strerror(rc);
	if (rc == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_cleanup(curl);
	lp_buf_clear(&whole);
	return status;
}

static void check(struct findings *f, const char *url, const char *path, struct lp_str expected,
		  const char *what, const char *hint)
{
	struct lp_buf answer = {0};
	const char *why;
	long status = get(url, path, &answer, &why);

	if (!status)
		finding_add(f, "web-server", FINDING_ERROR,
			    "is the web server started, and the URL right?", "%s%s: %s", url, path,
			    why);
	else if (status != 200 || !lp_str_starts(lp_buf_str(&answer), expected))
		finding_add(f, "web-server", FINDING_ERROR, hint, "%s%s: status %ld, not %s", url,
			    path, status, what);
	else
		finding_add(f, "web-server", FINDING_OK, NULL, "%s answers", what);
	lp_buf_clear(&answer);
}

void doctor_web(struct findings *f, const char *url)
{
	if (!url) {
		finding_add(f, "web-server", FINDING_NOTE, "doctor --url https://push.example.com",
			    "not looked at: its URL is not known");
		return;
	}
	curl_global_init(CURL_GLOBAL_DEFAULT);
	check(f, url, "/health", LP_STR("hello"), "light-push-api",
	      "is light-push-api started, and its socket the one of the web server?");
	check(f, url, "/push/socket.io/?EIO=4&transport=polling", LP_STR("0{"), "a connector",
	      "are connectors started on the ports that the web server passes to?");
	curl_global_cleanup();
}
