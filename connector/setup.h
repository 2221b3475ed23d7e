/* From the settings to what the engine and io/ are made with; for every program built on them. */
#ifndef SETUP_H
#define SETUP_H

#include <stddef.h>
#include <stdint.h>

#include "common/settings.h"
#include "connector/engine/engine.h"
#include "connector/io/http_server.h"

#define SETUP_SPARE_FILES 64 /* descriptors that are no client's */

/* Keys the hash tables. Call it first. */
void setup_process(void);
/* Bytes nobody can guess; what engine_new() wants. */
void setup_random(void *buf, size_t len);
struct engine_conf setup_engine(const struct settings *s);
/* files: descriptors the process may open. Strings are borrowed from s. */
struct http_server_conf setup_http(const struct settings *s, uint64_t files);

#endif
