#!/bin/sh
# No function over 100 lines, no file over 1000, unless tests/size-exceptions names it with a
# reason. Functions over 60 lines are printed, as a note. Needs universal-ctags for exact lengths;
# without it, a function is what lies between a line with only "{" and the next with only "}".
set -eu
: "${srcdir:=$(dirname "$0")/..}"
cd "$srcdir"
exceptions=tests/size-exceptions

sources()
{
	find common connector fcgi-api worker tests -name '*.[ch]' 2>/dev/null | LC_ALL=C sort
}

# Prints "file function lines" for every function.
functions()
{
	if ctags --version 2>/dev/null | grep -q Universal; then
		sources | grep '\.c$' | ctags -L - -f - --languages=C --kinds-C=f --fields=ne \
			--excmd=number | awk -F '\t' '
			{
				line = end = 0
				for (i = 4; i <= NF; i++) {
					if ($i ~ /^line:/) line = substr($i, 6)
					if ($i ~ /^end:/) end = substr($i, 5)
				}
				print $2, $1, end - line + 1
			}'
	else
		# shellcheck disable=SC2046 # names of sources have no blanks
		awk '
			/^[a-z].*\(/ { name = $0; sub(/\(.*/, "", name); sub(/.*[ *]/, "", name) }
			/^{$/ { start = FNR }
			/^}$/ && start { print FILENAME, name, FNR - start + 2; start = 0 }
		' $(sources | grep '\.c$')
	fi
}

# Every exception is "file[:function] reason".
excepted()
{
	awk -v what="$1" '$1 == what && NF > 1 { found = 1 } END { exit !found }' "$exceptions"
}

failed=0
long=$(sources | xargs wc -l | awk '$2 != "total" && $1 > 1000 { print $2, $1 }')
while read -r file lines; do
	[ -n "$file" ] || continue
	excepted "$file" && continue
	echo "$file: $lines lines (at most 1000)"
	failed=1
done <<EOF
$long
EOF
long=$(functions | awk '$3 > 60')
while read -r file name lines; do
	[ -n "$file" ] || continue
	if [ "$lines" -le 100 ] || excepted "$file:$name"; then
		echo "note: $file: $name has $lines lines"
	else
		echo "$file: $name has $lines lines (at most 100)"
		failed=1
	fi
done <<EOF
$long
EOF
exit $failed
