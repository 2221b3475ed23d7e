/* What an error reply of Redis is about: its code, the word it begins with. */
#ifndef REDIS_ERROR_H
#define REDIS_ERROR_H

#include <stdbool.h>

/*
 * Whether text has one of these codes, ended by NULL. Before version 7 Redis quoted what a command
 * inside a script had met with: "ERR Error running script (...): @user_script: 9: -OOM command not
 * allowed ...". That counts as well.
 */
bool redis_error_is(const char *text, const char *const *codes);

#endif
