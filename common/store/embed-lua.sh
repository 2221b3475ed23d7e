#!/bin/sh
# Prints the rows of scripts.inc: every script of the folder $1 as a C string, its
# "-- include NAME" lines replaced by that file. Names in lib/ are only included, never rows. A line
# "-- many NAME" is replaced by that script as a function one(KEYS, ARGV), behind what it includes;
# with OLD=NEW behind it NEW is included instead of OLD.
set -eu
cd "$1"
for file in *.lua; do
	printf '\t{"%s",\n' "${file%.lua}"
	awk '
	function emit(line) {
		if (line ~ /^ *--/) return
		gsub(/\\/, "\\\\&", line)
		gsub(/"/, "\\\"", line)
		printf "\t \"%s\\n\"\n", line
	}
	function include(name,  line) {
		while ((getline line < name) > 0) emit(line)
		close(name)
	}
	function many(name, change,  line, words, body, n, i, instead) {
		split(change, instead, "=")
		while ((getline line < name) > 0) {
			split(line, words)
			if (line ~ /^-- include /)
				include(words[3] == instead[1] ? instead[2] : words[3])
			else body[++n] = line
		}
		close(name)
		emit("local function one(KEYS, ARGV)")
		for (i = 1; i <= n; i++) emit(body[i])
		emit("end")
	}
	/^-- include / { include($3); next }
	/^-- many / { many($3, $4); next }
	{ emit($0) }
	' "$file"
	printf '\t "", ""},\n'
done
