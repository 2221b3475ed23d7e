#!/bin/sh
# Measures the real programs and, in the same run, the floor they are compared with.
#
#     tests/bench/run.sh [--clients N] [--rounds N] [--build DIR] [--write]
#
# --build: a finished build tree; else one is made. --write: puts the table into docs/PERFORMANCE.md.
# Needs what deploy/quickstart.sh needs, and node.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
exec node "$here/fanout.mjs" "$@"
