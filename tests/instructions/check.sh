#!/bin/sh
# Counts the instructions of fixed steps of the connector and compares them with what they were:
#
#     tests/instructions/check.sh [--write] BUILD [SCENARIO...]
#
# BUILD: a finished build tree. Prints for each scenario, by operation (a delivery, an ack, a connect),
# the instructions of our own functions and how often those call one of a library, before and now. Fails
# when one of them has risen by more than 3 %. A rise that is worth it is written down on purpose:
# --write makes tests/instructions/baseline anew; it goes into the same commit.
#
# No clock, no chance and no address has a part in this, so the numbers are the same each time, on
# any machine. They are those of one compiler, though: exit status 77 with another one.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
baseline=$here/baseline
limit=3 # per cent

# "SCENARIO OPERATIONS", where the counts are to be put. LD_BIND_NOW: symbols are looked up before.
count_one()
{
	name=${1% *}
	dumps=$2/$(echo "$name" | tr / -)
	LD_BIND_NOW=1 valgrind -q --tool=callgrind --callgrind-out-file="$dumps" \
		--dump-before=measured --dump-after=measured \
		--compress-strings=no --compress-pos=no "$measure" "$name"
	# What came to pass inside of measured().
	grep -l 'Trigger: --dump-after=' "$dumps".* | xargs cat | awk -f "$here/sum.awk" |
		awk -v name="$name" -v operations="${1#* }" '
			{ printf "%s %.1f %.2f\n", name, $1 / operations, $2 / operations }
		' >"$dumps-result"
}

if [ "${1-}" = --count-one ]; then
	measure=$2
	count_one "$4" "$3"
	exit
fi

write=
if [ "${1-}" = --write ]; then
	write=yes
	shift
fi
if [ $# -eq 0 ]; then
	echo "usage: $0 [--write] BUILD [SCENARIO...]" >&2
	exit 2
fi
build=$(cd "$1" && pwd)
shift
measure=$build/tests/instructions/measure

make -s -C "$build" tests/instructions/measure
built=$("$measure" --built)
if [ -z "$write" ] && ! grep -q -x -F "# $built" "$baseline"; then
	echo "the baseline is not of this build: $built"
	exit 77
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
"$measure" | while read -r name operations; do
	[ $# -eq 0 ] || echo " $* " | grep -q -F " $name " || continue
	printf '%s %s\0' "$name" "$operations"
done | xargs -0 -P "$(nproc)" -n 1 "$0" --count-one "$measure" "$scratch"
cat "$scratch"/*-result >"$scratch/now"
if [ -n "$write" ]; then
	sed '/^#/!d; /^# gcc/d' "$baseline" >"$scratch/new"
	echo "# $built" >>"$scratch/new"
	LC_ALL=C sort "$scratch/now" >>"$scratch/new"
fi
awk -v limit="$limit" '
	function percent(old, new) {
		return old ? 100 * (new - old) / old : 0
	}
	/^#/ { next }
	FNR == NR { instructions[$1] = $2; calls[$1] = $3; next }
	!heading++ {
		printf "%-30s %20s %7s %16s %7s\n", "", "instructions", "", "calls of libraries", ""
	}
	{
		known = $1 in instructions
		more = percent(instructions[$1], $2)
		more_calls = percent(calls[$1], $3)
		bad = !known || more > limit || more_calls > limit
		failed += bad
		printf "%-30s %9.1f %10.1f %+6.1f%% %8.2f %9.2f %+6.1f%%%s\n", $1, instructions[$1], $2, more,
			calls[$1], $3, more_calls, bad ? known ? "  MORE" : "  NEW" : more < -limit ? "  less" : ""
	}
	END { exit failed > 0 }
' "$baseline" "$scratch/now" && good=yes || good=
if [ -n "$write" ]; then
	cp "$scratch/new" "$baseline"
elif [ -z "$good" ]; then
	echo "more than $limit % above tests/instructions/baseline: what for? If it is worth it: $0 --write BUILD"
	exit 1
fi
