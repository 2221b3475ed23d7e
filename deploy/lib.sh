# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154 # variables shared with the script that reads this
# Shell functions of deploy/quickstart.sh that know nothing of light-push: messages, ports, and
# parts. A part is a program kept in the background under a name. For each there is
#
#     $log/NAME.log       what it writes
#     $run/NAME.pid       process id and the time it started at; the two name a process for sure,
#                         also after a restart of the machine
#     $run/NAME.status    exit status, once it has ended
#
# The script that reads this file sets log and run.

say()
{
	printf '%s\n' "$*"
}

die()
{
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit 1
}

# Succeeds when something listens on TCP port $1, on any address of this machine.
port_in_use()
{
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
		awk -v port="$(printf '%04X' "$1")" \
			'$4 == "0A" && $2 ~ ":" port "$" { used = 1 } END { exit !used }'
}

# First port from $1 on that nothing listens on.
free_port()
{
	free=$1
	while port_in_use "$free"; do
		free=$((free + 1))
	done
	say "$free"
}

# First of $2 ports in a row from $1 on that nothing listens on.
free_ports()
{
	first=$1
	last=$1
	while [ "$last" -lt $((first + $2)) ]; do
		! port_in_use "$last" || first=$((last + 1))
		last=$((last + 1))
	done
	say "$first"
}

# Writes template $1 to standard output. $2 is a sed script for the placeholders; a line that names
# @CONNECTOR_PORT@ appears once per connector.
render()
{
	awk -v first="$((port + 1))" -v count="$connectors" '
		!/@CONNECTOR_PORT@/ { print; next }
		{
			for (i = 0; i < count; i++) {
				line = $0
				gsub(/@CONNECTOR_PORT@/, first + i, line)
				gsub(/@TAG@/, i + 1, line)
				print line
			}
		}' "$1" | sed "$2"
}

# Start time of process $1 in clock ticks since the machine started; nothing when there is none.
started_at()
{
	sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

# Process id of part $1, of its last life when it has ended; nothing when it never ran.
part_pid()
{
	[ ! -f "$run/$1.pid" ] || cut -d' ' -f1 "$run/$1.pid"
}

part_alive()
{
	[ -f "$run/$1.pid" ] && [ ! -f "$run/$1.status" ] || return 1
	read -r part_alive_pid part_alive_since <"$run/$1.pid"
	[ -n "$part_alive_since" ] && [ "$(started_at "$part_alive_pid")" = "$part_alive_since" ]
}

# Starts part $1 with the command that follows, in a session of its own: Ctrl-C in the terminal is
# for this script, which then stops the parts in their order. Returns at once.
launch()
{
	part=$1
	shift
	rm -f "$run/$part.pid" "$run/$part.status"
	# shellcheck disable=SC2016 # expanded by the inner shell
	setsid sh -c '
		ulimit -n "$(ulimit -H -n)"
		state=$1
		shift
		"$@" &
		echo $! "$(sed "s/.*) //" /proc/$!/stat | cut -d" " -f20)" >"$state.new"
		mv "$state.new" "$state.pid"
		wait $!
		echo $? >"$state.status"
	' sh "$run/$part" "$@" >>"$log/$part.log" 2>&1 </dev/null 9>&- &
}

# Waits until command $2 succeeds, for part $1. Fails, with the reason in $reason, when the part
# ends before that or 30 s have gone.
await_part()
{
	left=600
	until $2; do
		if [ -f "$run/$1.status" ]; then
			reason="$1 ended with status $(cat "$run/$1.status") before it answered"
			return 1
		fi
		left=$((left - 1))
		if [ "$left" -eq 0 ]; then
			reason="$1 did not answer within 30 s"
			return 1
		fi
		sleep 0.05
	done
}

# Stops the parts named: SIGTERM to all of them, SIGKILL to those still there 10 s later.
stop_parts()
{
	for part in "$@"; do
		! part_alive "$part" || kill -TERM "$(part_pid "$part")" 2>/dev/null || :
	done
	left=200
	for part in "$@"; do
		while part_alive "$part"; do
			if [ "$left" -eq 0 ]; then
				say "$part did not end within 10 s: killed"
				kill -KILL "$(part_pid "$part")" 2>/dev/null || :
				break
			fi
			left=$((left - 1))
			sleep 0.05
		done
	done
}
