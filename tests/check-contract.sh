#!/bin/sh
# Every row of tests/e2e/contract-rows.txt has a test. That a test names no other row is seen when it
# runs (tests/e2e/lib/contract.mjs).
set -eu
: "${srcdir:=$(dirname "$0")/..}"
cd "$srcdir/tests/e2e"

repeated=$(grep -v '^#' contract-rows.txt | sed '/^$/d' | LC_ALL=C sort | uniq -d)
missing=$(grep -v '^#' contract-rows.txt | sed '/^$/d' | while IFS= read -r row; do
	# row("name", socketRow("name", or the first cell of a table
	grep -q -F -e "ow(\"$row\"," -e "[\"$row\"," -- *.test.mjs || printf '%s\n' "$row"
done)
[ -z "$repeated" ] || printf 'twice in contract-rows.txt:\n%s\n' "$repeated"
[ -z "$missing" ] || printf 'rows of contract-rows.txt without a test:\n%s\n' "$missing"
[ -z "$repeated$missing" ]
