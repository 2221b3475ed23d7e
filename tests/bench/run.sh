#!/bin/sh
# Measures the real programs.
#
#     tests/bench/run.sh [fanout|connect|push|limits|providers] [--clients N] [--rounds N]
#                        [--build DIR] [--write]
#
# fanout: deliveries to a big room, and in the same run the floor they are compared with. connect: very
# many clients at once. push: batches beside single pushes, and what neighbours do to the latency of
# pushes. limits: what a neighbour at its limits does to the way from a push to its client; that one
# only prints. providers: requests to a stand-in of APNs; it needs --build. Without a name the first
# three. --build: a finished build tree; else one is made. --write: puts the tables into
# docs/PERFORMANCE.md. Needs what deploy/quickstart.sh needs, and node.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
case ${1-} in
fanout | connect | push | limits | providers)
	name=$1
	shift
	exec node "$here/$name.mjs" "$@"
	;;
esac
for name in fanout connect push; do
	node "$here/$name.mjs" "$@"
done
