#!/bin/sh
# Prints the rows of scripts.inc: every script of the folder $1 as a C string, its
# "-- include NAME" lines replaced by that file. Names in lib/ are only included, never rows.
set -eu
cd "$1"
for file in *.lua; do
	printf '\t{"%s",\n' "${file%.lua}"
	awk '
	function emit(line) {
		gsub(/\\/, "\\\\&", line)
		gsub(/"/, "\\\"", line)
		printf "\t \"%s\\n\"\n", line
	}
	/^-- include / {
		while ((getline inner < $3) > 0)
			if (inner !~ /^ *--/) emit(inner)
		close($3)
		next
	}
	/^ *--/ { next }
	{ emit($0) }
	' "$file"
	printf '\t "", ""},\n'
done
