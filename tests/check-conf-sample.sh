#!/bin/sh
# deploy/light-push.conf.sample is what the table of settings gives.
set -eu
: "${srcdir:=.}" "${builddir:=.}"
"$builddir"/common/settings-doc sample | diff -u "$srcdir"/deploy/light-push.conf.sample - || {
	echo "update it: common/settings-doc sample > $srcdir/deploy/light-push.conf.sample"
	exit 1
}
