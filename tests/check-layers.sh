#!/bin/sh
# Looks at what the inner libraries need from outside: proto, engine and core must not do input or
# output, read a clock, or know libevent, Redis or (but for core) json-c. Runs in the build folder;
# other archives may be named as arguments. An archive that is missing is an error.

set -u
[ $# -gt 0 ] || set -- connector/libproto.a connector/libengine.a connector/libcore.a

names='accept accept4 bind connect listen socket socketpair shutdown
	read readv pread recv recvfrom recvmsg write writev pwrite send sendto sendmsg
	open open64 openat close fopen fopen64 fclose fread fwrite fgets fputs fputc puts putchar
	stdout stderr printf vprintf fprintf vfprintf dprintf vdprintf sprintf vsprintf asprintf
	vasprintf perror syslog
	poll ppoll select epoll_create1 epoll_ctl epoll_wait fork execve system
	time gettimeofday clock clock_gettime localtime localtime_r gmtime gmtime_r nanosleep sleep
	usleep rand random getrandom getenv setenv pthread_create
	lp_mono_ms lp_mono_us lp_wall_ms'

status=0
for archive; do
	if ! symbols=$(nm -P "$archive") || [ -z "$symbols" ]; then
		echo "$archive: can not be read, or is empty" >&2
		status=1
		continue
	fi
	# With -D_FORTIFY_SOURCE read() is __read_chk(), and other prefixes exist: compare the
	# plain name.
	if ! bad=$(echo "$symbols" | awk -v names="$(echo "$names" | tr '\n\t' '  ')" -v archive="$archive" '
		BEGIN {
			n = split(names, list, " ")
			for (i = 1; i <= n; i++)
				forbidden[list[i]] = 1
			outer = "^(SSL_|TLS_|event_|evbuffer_|evutil_|evtimer_|bufferevent_|evconnlistener_)|" \
				"^(redis|freeReplyObject|store_|script_|FCGX_|io_)"
			if (archive !~ /libcore/)
				outer = outer "|^(json_(object|tokener)|array_list_|printbuf_)"
			if (archive ~ /libproto/)
				outer = outer "|^lp_(log|json)|^v?snprintf$"
		}
		NF < 2 { next } # the name of a member
		$2 !~ /^[Uwv]$/ { own[$1] = 1; next }
		{ wanted[$1] = 1 }
		END {
			for (name in wanted) {
				plain = name
				sub(/@.*/, "", plain)
				sub(/^__isoc99_/, "", plain)
				if (sub(/_chk$/, "", plain) || sub(/_time64$/, "", plain))
					sub(/^__/, "", plain)
				if (!(name in own) && ((plain in forbidden) || plain ~ outer))
					print "\t" name
			}
		}'); then
		echo "$archive: awk failed" >&2
		status=1
	fi
	if [ -n "$bad" ]; then
		echo "$archive must not use:" >&2
		echo "$bad" >&2
		status=1
	fi
done
exit $status
