/* Who comes and goes in the tests of presence, and how: the arguments of call(). */
#ifndef SCRIPT_CAST_H
#define SCRIPT_CAST_H

#define B     "lp:{/d}"
#define NODES "lp:nodes"
/* ids of clients of the namespace /d */
#define ANN     "/d#ann#web-1"
#define ANN_IOS "/d#ann#ios-2"
#define BOB     "/d#bob#android-3"

#define ON(owner, client, serial, user, platform, ...)                                             \
	"client_on", B, owner, "lp:", "1000", "", client, serial, user, platform, "", "",          \
		__VA_ARGS__
#define OFF(owner, client, serial, ...)                                                            \
	"client_off", B, owner, client, serial, "lp:", "1000", "bye", "3", __VA_ARGS__
#define JOIN(owner, client, serial, ...)                                                           \
	"room_join", B, owner, client, serial, "lp:", "1000", __VA_ARGS__
#define LEAVE(owner, client, serial, ...)                                                          \
	"room_leave", B, owner, client, serial, "lp:", "1000", __VA_ARGS__

#endif
