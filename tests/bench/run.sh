#!/bin/sh
# Measures the real programs.
#
#     tests/bench/run.sh [fanout|connect] [--clients N] [--rounds N] [--build DIR] [--write]
#
# fanout: deliveries to a big room, and in the same run the floor they are compared with. connect: very
# many clients at once. Without a name both. --build: a finished build tree; else one is made. --write:
# puts the tables into docs/PERFORMANCE.md. Needs what deploy/quickstart.sh needs, and node.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
case ${1-} in
fanout | connect)
	name=$1
	shift
	exec node "$here/$name.mjs" "$@"
	;;
esac
node "$here/fanout.mjs" "$@"
node "$here/connect.mjs" "$@"
