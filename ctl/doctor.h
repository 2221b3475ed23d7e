/* The parts of doctor: each looks at one thing and adds what it finds. */
#ifndef DOCTOR_H
#define DOCTOR_H

#include "ctl/ctl.h"
#include "ctl/finding.h"

/* Version, persistence, eviction, memory, connections; false when Redis does not answer. */
bool doctor_redis(struct ctl *ctl, struct findings *f);
/* Clocks, limits of this machine, files of the settings. */
void doctor_machine(struct ctl *ctl, struct findings *f);
/* Connectors, workers, queues. */
void doctor_programs(struct ctl *ctl, struct findings *f);
/* Certificates of this installation, and push providers of namespaces. */
void doctor_certificates(struct ctl *ctl, struct findings *f);
/* The API and a connector through the web server at url. */
void doctor_web(struct findings *f, const char *url);

#endif
