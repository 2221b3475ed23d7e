/* The endpoints of the two programs. */
#ifndef ROUTES_H
#define ROUTES_H

#include "fcgi-api/route.h"

/* light-push-api: what a namespace may ask for, with its own key and password. */
extern const struct route routes_push[];
/* light-push-admin-api: what the administrator of the platform may ask for. */
extern const struct route routes_admin[];

#endif
