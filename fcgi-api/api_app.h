/* What every program made of the handlers needs: the API programs, light-push-ctl. */
#ifndef API_APP_H
#define API_APP_H

#include "fcgi-api/api.h"

/*
 * Fills app but its routes; s is borrowed. Does not connect. False when the settings can not be
 * used (logged); api_app_clear() in any case.
 */
bool api_app_init(struct api_app *app, const struct settings *s);
void api_app_clear(struct api_app *app);

#endif
