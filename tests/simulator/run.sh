#!/bin/sh
# Runs a scenario of the simulator against a light-push of its own and records what memory and CPU
# its programs take meanwhile:
#
#     tests/simulator/run.sh NAME|FILE.ini [option]... [-- option of light-push-sim...]
#
#   --build DIR        a finished build tree (needed)
#   --out DIR          result.json, memory.csv, memory.svg, cpu.csv and the metrics go there (needed)
#   --crowd NAME       another scenario that runs meanwhile, at a lower priority: NAME begins once all of its
#                      clients have joined, and ends it; its result is in crowd.json
#   --connectors N     (default 2)
#   --namespaces N     /scale-0 and so on are made before it starts (default 1); more than 100 without a password,
#                      which is slow to make on purpose: then only clients can push
#   --port N           of the web server, some more behind it (default 18600)
#   --set NAME=VALUE   a setting of light-push; may be repeated
#
# The exit status is that of light-push-sim.
# shellcheck disable=SC2317 # functions for trap
set -eu

top=$(cd "$(dirname "$0")/../.." && pwd)

scenario_file()
{
	if [ -f "$1" ]; then echo "$1"; else echo "$top/tests/simulator/scenarios/$1.ini"; fi
}

scenario=$(scenario_file "$1")
shift
build=
out=
crowd=
connectors=2
namespaces=1
port=18600
password=scale-password
settings=
while [ $# -gt 0 ]; do
	case $1 in
	--) shift && break ;;
	--build) build=$(cd "$2" && pwd) ;;
	--out) out=$2 ;;
	--crowd) crowd=$(scenario_file "$2") ;;
	--connectors) connectors=$2 ;;
	--namespaces) namespaces=$2 ;;
	--port) port=$2 ;;
	--set) settings="$settings --set $2" ;;
	*) echo "unknown option $1" >&2 && exit 2 ;;
	esac
	shift 2
done
if [ -z "$build" ] || [ -z "$out" ]; then
	echo "--build and --out are needed" >&2
	exit 2
fi
mkdir -p "$out"
work=$(mktemp -d "${TMPDIR:-/tmp}/light-push-sim-XXXXXX")
sampler=
crowd_pid=
scenario_pid=

finish()
{
	for pid in $sampler $crowd_pid $scenario_pid; do
		kill "$pid" 2>/dev/null || :
	done
	# Nobody wants its data, and with a million rooms it would take its time to write them.
	[ -z "${LP_PID_REDIS-}" ] || kill -9 "$LP_PID_REDIS" || :
	sh "$top/deploy/quickstart.sh" stop --dir "$work/stack" >/dev/null 2>&1 || :
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM

# The names of all parts that run, and their process ids.
parts()
{
	sed -n 's/^LP_PID_\([A-Z0-9_]*\)=\([0-9]*\)$/\1 \2/p' "$work/stack/stack.env" | grep -v WEB
}

# Resident memory in kB of each part.
memory()
{
	line=$1
	for pid in $(parts | cut -d' ' -f2); do
		line=$line,$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$pid/status")
	done
	echo "$line"
}

sample()
{
	begin=$(date +%s)
	echo "seconds$(parts | awk '{ printf ",%s", tolower($1) }')"
	while :; do
		memory $(($(date +%s) - begin))
		sleep 10
	done
}

# Seconds of CPU that each part has had so far, from the kernel's account.
cpu()
{
	parts | while read -r name pid; do
		echo "$name,$(awk '{ print ($14 + $15) / 100 }' "/proc/$pid/stat")"
	done
}

# Waits until the simulator with this log says that its clients have joined, or is gone.
wait_ready()
{
	until grep -q '^ready:' "$1" 2>/dev/null || ! kill -0 "$2" 2>/dev/null; do
		sleep 0.2
	done
}

make_namespaces()
{
	login="&auth_passwd=$password"
	[ "$namespaces" -le 100 ] || login=
	n=0
	while [ $n -lt "$namespaces" ]; do
		[ $n -eq 0 ] || echo next
		printf 'url = "%s/api/admin/namespace/save"\nuser = "%s:%s"\n' "$LP_WEB_URL" "$LP_ADMIN_USER" \
			"$LP_ADMIN_PASSWORD"
		printf 'output = "/dev/null"\nfail\ndata = "key=/scale-%d&name=scale%s"\n' $n "$login"
		n=$((n + 1))
	done | curl -sS -K -
}

# shellcheck disable=SC2086 # lists of words
sh "$top/deploy/quickstart.sh" start --detach --no-install --no-ui --dir "$work/stack" --port "$port" \
	--connectors "$connectors" --build "$build" --set login_failures=0 $settings >"$work/start.log" 2>&1 || {
	tail -n 20 "$work/start.log" >&2
	exit 2
}
# shellcheck source=/dev/null
. "$work/stack/stack.env"
make_namespaces
sample >"$out/memory.csv" &
sampler=$!
urls=$(echo "$LP_CONNECTOR_URLS" | sed 's/http:/ws:/g; s/ /,/g')

# Priority, scenario, options.
simulate()
{
	priority=$1
	file=$2
	shift 2
	if grep -q '^rest_rate' "$file"; then
		set -- --rest_url "$LP_WEB_URL" --password "$password" "$@"
	fi
	exec nice -n "$priority" "$build/light-push-sim" --config "$file" --url "$urls" --json "$@"
}

if [ -n "$crowd" ]; then
	simulate 5 "$crowd" --duration 1h >"$out/crowd.json" 2>"$out/crowd.log" &
	crowd_pid=$!
	wait_ready "$out/crowd.log" "$crowd_pid"
fi
simulate 0 "$scenario" "$@" >"$out/result.json" 2>"$out/progress.log" &
scenario_pid=$!
wait_ready "$out/progress.log" "$scenario_pid"
memory ready,kB
cpu >"$work/cpu-before"
status=0
wait "$scenario_pid" || status=$?
scenario_pid=
cpu >"$work/cpu-after"
memory end,kB
for url in $LP_METRICS_URLS; do
	curl -s "$url/metrics" >"$out/metrics-${url##*:}" || : # one that has been killed
done
echo "part,seconds of CPU from ready to end" >"$out/cpu.csv"
paste -d, "$work/cpu-before" "$work/cpu-after" | awk -F, '{ printf "%s,%.2f\n", tolower($1), $4 - $2 }' >>"$out/cpu.csv"
if [ -n "$crowd" ]; then
	kill "$crowd_pid"
	wait "$crowd_pid" || :
	crowd_pid=
	cat "$out/crowd.json"
fi
cat "$out/cpu.csv" "$out/result.json"
if command -v gnuplot >/dev/null; then
	gnuplot -e "set terminal svg size 800,400 noenhanced background rgb 'white'; set output '$out/memory.svg'; set datafile separator ',';
		set xlabel 'minutes'; set ylabel 'resident memory, MB'; set yrange [0:*]; set key outside;
		plot for [i=2:*] '$out/memory.csv' using (\$1/60):(column(i)/1024) with lines title columnheader(i)"
fi
exit $status
