#!/bin/sh
# Measures the real programs, and beside them, in turns, what they are compared with.
set -eu

usage()
{
	cat <<'END'
usage: tests/bench/run.sh [MODE] [option]...

  fanout     one message to a room: CPU per delivery, from few clients to many
  burst      ten messages at once: CPU per delivery, deliveries per second
  rest       pushes through the web server: rate, time, CPU of each program, Redis round trips
  connect    many clients at once, to the answer of joinRoom
  ack        every client acknowledges: what that costs the connector and Redis
  latency    from the call of the API to each client, at several loads
  memory     bytes per idle client
  scale      1 to 8 connectors: fan-out, and the cost of a push to one client
  proxy      what nginx takes when websockets go through it
  all        these, one after the other; the default

  push       batches beside single pushes; what neighbours do to the latency of pushes
  limits     what a neighbour at its limits does to the way of a push to its client
  providers  requests to a stand-in of APNs

  --build DIR    a finished build tree; else one is made (push, limits, providers: needed by the latter two)
  --quick        a hundred clients, few rounds: does it work? The figures mean nothing
  --clients N    of a room (default 5000); some modes go up to twice as many
  --rounds N     (default 15)
  --no-peers     only light-push and the floor
  --json         a line of JSON for each mode instead of tables
  --write        puts the tables into docs/PERFORMANCE.md and draws docs/plots/

The floor is a bare epoll loop that does nothing but send (floor.c). The peers are socket.io with its
adapter for Redis streams and express (installed by npm from peers/package-lock.json), and Nchan, if
nginx has it (Debian: libnginx-mod-nchan). Needs what deploy/quickstart.sh needs, and node; gnuplot
for --write. What Redis writes goes to a folder in TMPDIR, with the disk in all that is measured; TMPDIR=/dev/shm
leaves the disk out. Nothing else should run meanwhile. Each mode takes one to three minutes.
END
}

here=$(cd "$(dirname "$0")" && pwd)
mode=all
case ${1-} in
-h | --help)
	usage
	exit 0
	;;
-* | '') ;;
*)
	mode=$1
	shift
	;;
esac
case $mode in
fanout | burst | rest | connect | ack | latency | memory | scale | proxy | all)
	exec node "$here/bench.mjs" "$mode" "$@"
	;;
push | limits | providers)
	exec node "$here/$mode.mjs" "$@"
	;;
*)
	usage >&2
	exit 2
	;;
esac
