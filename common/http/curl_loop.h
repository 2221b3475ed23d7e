/*
 * libcurl on a libevent loop: its transfers go on as their sockets become ready, nothing waits.
 */
#ifndef CURL_LOOP_H
#define CURL_LOOP_H

#include <curl/curl.h>

struct curl_loop;
struct event_base;

/* The transfer of easy, whose CURLOPT_PRIVATE is own, is through. It may be removed and cleaned up. */
typedef void (*curl_loop_cb)(void *own, CURLcode code);

/* kept: idle connections, of all servers together. NULL when libcurl can not be started. */
struct curl_loop *curl_loop_new(struct event_base *base, long kept, curl_loop_cb ended);
/* After its transfers have been removed. */
void curl_loop_free(struct curl_loop *l);

/* Begins in the loop's next turn; easy stays the caller's. */
void curl_loop_add(struct curl_loop *l, CURL *easy);
void curl_loop_remove(struct curl_loop *l, CURL *easy);

#endif
