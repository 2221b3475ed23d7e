#!/bin/sh
# Whether the C sources are as .clang-format says: `tests/check-format.sh [check]`, or
# `tests/check-format.sh fix` to rewrite them. Only version 14 is used: others differ in details.
set -eu
: "${srcdir:=$(dirname "$0")/..}"
cd "$srcdir"

tool=
for candidate in clang-format-14 clang-format; do
	if $candidate --version 2>/dev/null | grep -q 'version 14\.'; then
		tool=$candidate
		break
	fi
done
if [ -z "$tool" ]; then
	echo "clang-format 14 is not installed"
	exit 77
fi
case ${1:-check} in
check) set -- --dry-run --Werror ;;
fix) set -- -i ;;
*)
	echo "usage: $0 [check|fix]" >&2
	exit 2
	;;
esac
find common connector fcgi-api worker tests -name '*.[ch]' -print0 2>/dev/null | xargs -0 "$tool" "$@"
