#!/bin/sh
# Prints the rows of migrations.inc: every file NUMBER-NAME.sql of the folders sqlite and postgresql
# under $1 as a C string, in the order of the numbers.
set -eu
cd "$1"
for folder in sqlite postgresql; do
	for file in "$folder"/*.sql; do
		name=${file##*/}
		number=${name%%-*}
		printf '\t{%s, %d,\n' "SQL_$(printf '%s' "$folder" | tr '[:lower:]' '[:upper:]')" \
			"$(printf '%s' "$number" | sed 's/^0*//')"
		awk '!/^--/ {
			gsub(/\\/, "\\\\&")
			gsub(/"/, "\\\"")
			printf "\t \"%s\\n\"\n", $0
		}' "$file"
		printf '\t},\n'
	done
done
