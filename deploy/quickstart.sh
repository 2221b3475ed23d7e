#!/bin/sh
# Builds light-push and runs all of it on this machine, for trying out and for tests. Loopback only.
# "quickstart.sh --help" tells how.
set -eu

usage()
{
	cat <<'END'
usage: quickstart.sh [start] [option]...      build if needed, start everything; Ctrl-C stops it
       quickstart.sh stop [--dir DIR]
       quickstart.sh restart NAME [--dir DIR] NAME: redis, api, admin-api, connector-1, ...,
                                              worker-1, ..., web
       quickstart.sh status [--dir DIR]       exit status 0 when all parts run, 3 when not

  --dir DIR          data, logs and build tree (default ./quickstart-data); data survives a stop
  --port PORT        of the web server; connectors take the ports after it (default 8080)
  --connectors N     how many connectors (default 2)
  --workers N        how many workers (default 1)
  --server NAME      lighttpd (default), nginx or apache
  --set NAME=VALUE   overrides a setting of the configuration file; may be repeated
  --build DIR        use the programs in DIR, a finished build tree, instead of building
  --no-install       never call apt-get
  --no-ui            without the console, which takes npm to build
  --detach           return when everything answers

DIR/stack.env holds addresses, passwords and process ids, in shell syntax.
END
}

src=$(cd "$(dirname "$0")/.." && pwd)
# Web servers live in sbin, which plain users do not search.
PATH=$PATH:/usr/sbin:/sbin

# shellcheck source=deploy/lib.sh
. "$src/deploy/lib.sh"
# shellcheck source=deploy/build.sh
. "$src/deploy/build.sh"

admin_user='admin'
admin_password=123456
demo_namespace=/demo
demo_password=demo-password

command=start
name=
dir=./quickstart-data
port=8080
connectors=2
workers=1
server=lighttpd
settings=
prebuilt=
install=yes
detach=no
console=yes

read_arguments()
{
	case ${1-} in
	start | stop | status)
		command=$1
		shift
		;;
	restart)
		command=$1
		name=${2-}
		[ -n "$name" ] || die "restart: which part? See \"quickstart.sh status\""
		shift 2
		;;
	esac
	while [ $# -gt 0 ]; do
		case $1 in
		--no-install) install=no ;;
		--no-ui) console=no ;;
		--detach) detach=yes ;;
		-h | --help)
			usage
			exit 0
			;;
		--dir | --port | --connectors | --workers | --server | --set | --build)
			[ $# -ge 2 ] || die "$1 needs a value"
			read_option "$1" "$2"
			shift
			;;
		*) die "unknown argument \"$1\"; see --help" ;;
		esac
		shift
	done
	check_number --port "$port" 1 $((65535 - connectors))
}

read_option()
{
	case $1 in
	--dir) dir=$2 ;;
	--port)
		check_number --port "$2" 1 65534
		port=$2
		;;
	--connectors)
		check_number --connectors "$2" 1 1000
		connectors=$2
		;;
	--workers)
		check_number --workers "$2" 0 1000
		workers=$2
		;;
	--server)
		case $2 in
		lighttpd | nginx | apache) server=$2 ;;
		*) die "--server: lighttpd, nginx or apache, not \"$2\"" ;;
		esac
		;;
	--set)
		case $2 in
		api_listen=* | admin_api_listen=* | socket_ip=* | socket_port=* | node_id=* | redis_address=* | metrics_port=*)
			die "--set ${2%%=*}: quickstart.sh chooses that one itself" ;;
		*=*) ;;
		*) die "--set: NAME=VALUE wanted, not \"$2\"" ;;
		esac
		settings="$settings$2
"
		;;
	--build) prebuilt=$(cd "$2" && pwd) || die "--build: no folder \"$2\"" ;;
	esac
}

check_number()
{
	case $2 in
	'' | *[!0-9]* | ??????*) die "$1: a number from $3 to $4 wanted, not \"$2\"" ;;
	esac
	if [ "$2" -lt "$3" ] || [ "$2" -gt "$4" ]; then
		die "$1: a number from $3 to $4 wanted, not $2"
	fi
}

# ---- one stack -----------------------------------------------------------------------------------

# Names of all parts, in the order of their start.
list_parts()
{
	say redis api admin-api
	i=1
	while [ "$i" -le "$connectors" ]; do
		say "connector-$i"
		i=$((i + 1))
	done
	i=1
	while [ "$i" -le "$workers" ]; do
		say "worker-$i"
		i=$((i + 1))
	done
	say web
}

use_dir()
{
	[ "$command" != start ] || mkdir -p "$dir"
	[ -d "$dir" ] || die "nothing in $dir"
	dir=$(cd "$dir" && pwd)
	run=$dir/run
	log=$dir/log
	[ "$command" != start ] || mkdir -p "$run" "$log" "$dir/redis"
	[ -d "$run" ] || die "nothing in $dir"
	exec 9>"$run/lock"
	flock 9
}

load_state()
{
	[ -f "$run/state" ] || return 1
	# shellcheck source=/dev/null
	. "$run/state"
	parts=$(list_parts)
}

# What restart, stop and status must know of this start. The sockets and temporary files lie in
# /tmp: the web server's user may not be able to reach DIR, and the path of a socket must be short.
save_state()
{
	sockets=$(mktemp -d /tmp/light-push.XXXXXX)
	chmod 711 "$sockets"
	if [ "$(id -u)" -eq 0 ]; then
		web_user=www-data
		web_group=www-data
	else
		web_user=$(id -un)
		web_group=$(id -gn)
	fi
	cat >"$run/state" <<-END
		port=$port
		connectors=$connectors
		workers=$workers
		server=$server
		redis_port=$redis_port
		metrics_port=$metrics_port
		sockets=$sockets
		web_user=$web_user
		web_group=$web_group
		build='$(printf '%s' "$build" | sed "s/'/'\\\\''/g")'
	END
	printf '%s' "$settings" >"$run/settings"
	parts=$(list_parts)
}

check_ports()
{
	i=0
	while [ "$i" -le "$connectors" ]; do
		if port_in_use $((port + i)); then
			die "port $((port + i)) is in use; choose with --port (connectors take the ports after it)"
		fi
		i=$((i + 1))
	done
	# Far from the others, so that stacks side by side do not ask for the same ones, and below those
	# that the kernel gives to outgoing connections (from 32768 on): any of them may hold one.
	redis_port=$(free_port $((port <= 22000 ? port + 10000 : 10000 + port % 20000)))
	# One per connector, then one per worker.
	metrics_port=$(free_ports $((redis_port + 1)) $((connectors + workers)))
}

write_configs()
{
	(
		umask 077
		# What it encrypts stays in the data, so it does, too.
		[ -s "$dir/secret-key" ] || head -c 32 /dev/urandom | base64 >"$dir/secret-key"
		cat >"$run/light-push.conf" <<-END
			redis_address = 127.0.0.1:$redis_port
			admin_name = $admin_user
			admin_passwd = $admin_password
			archive = sqlite:$dir/archive.db
			secret_keys = quickstart:$(cat "$dir/secret-key")
		END
	)
	data=$(printf '%s' "$dir/redis" | sed 's/[\\&|"]/\\&/g')
	render "$src/deploy/redis.conf" "s|@REDIS_PORT@|$redis_port|; s|@DATA@|$data|" >"$run/redis.conf"
	# shellcheck disable=SC3045 # every sh of Debian and the BSDs knows -H
	files=$(ulimit -H -n)
	case $files in
	unlimited | ??????*) files=65536 ;;
	esac
	copy_files_for_browsers
	web="s|@PORT@|$port|g; s|@RUN@|$sockets|g; s|@SHARE@|$sockets|g; s|@FILES@|$files|g"
	web="$web; s|@USER@|$web_user|g; s|@GROUP@|$web_group|g; s|@CONF@|$run|g"
	render "$src/deploy/$server.conf" "$web" >"$run/web.conf"
	for part in "$src/deploy/$server"-*.conf; do
		render "$part" "$web" >"$run/${part##*/}"
	done
}

# To where the web server's user may read them; a build without npm has none, a release has them in
# its sources.
copy_files_for_browsers()
{
	for tree in "$src" "$build"; do
		dist=$tree/admin-ui/dist
		[ ! -f "$dist/socket.io.js" ] || install -m 644 "$dist/socket.io.js" "$sockets"
		if [ "$console" = yes ] && [ -f "$dist/push-admin/index.html" ]; then
			rm -rf "$sockets/push-admin"
			cp -R "$dist/push-admin" "$sockets"
			chmod -R a+rX "$sockets/push-admin"
		fi
	done
}

# One of light-push's own programs: part name, program, its settings. Those given with --set win.
launch_program()
{
	program_part=$1
	program=$build/$2
	shift 2
	while IFS= read -r setting; do
		set -- "$@" --set "$setting"
	done <"$run/settings"
	launch "$program_part" "$program" --config "$run/light-push.conf" "$@"
}

start_part()
{
	case $1 in
	redis) launch redis redis-server "$run/redis.conf" ;;
	api)
		rm -f "$sockets/api.sock"
		launch_program api light-push-api --set "api_listen=unix:$sockets/api.sock"
		;;
	admin-api)
		rm -f "$sockets/admin-api.sock"
		launch_program admin-api light-push-admin-api \
			--set "admin_api_listen=unix:$sockets/admin-api.sock"
		;;
	connector-*)
		launch_program "$1" light-push-connector --set socket_ip=127.0.0.1 \
			--set "socket_port=$((port + ${1#connector-}))" --set "node_id=${1#connector-}" \
			--set "metrics_port=$((metrics_port + ${1#connector-} - 1))"
		;;
	worker-*)
		launch_program "$1" light-push-worker --set "node_id=${1#worker-}" \
			--set "metrics_port=$((metrics_port + connectors + ${1#worker-} - 1))"
		;;
	web)
		case $server in
		lighttpd) launch web lighttpd -D -f "$run/web.conf" ;;
		nginx) launch web nginx -e stderr -c "$run/web.conf" -g 'daemon off;' ;;
		apache) launch web apache2 -D FOREGROUND -f "$run/web.conf" ;;
		esac
		;;
	esac
}

# Returns when part $1 does its work.
await_answer()
{
	case $1 in
	redis) await_part redis redis_answers ;;
	api | admin-api)
		socket=$sockets/$1.sock
		await_part "$1" socket_there
		# The web server connects as another user than ours when we are root.
		[ "$(id -u)" -ne 0 ] || chown "$web_user" "$socket"
		;;
	connector-*)
		health=http://127.0.0.1:$((port + ${1#connector-}))/health
		await_part "$1" health_answers
		;;
	worker-*)
		worker=$1
		await_part "$1" worker_runs
		;;
	web)
		health=http://127.0.0.1:$port/health
		await_part web health_answers && await_part web admin_answers
		;;
	esac
}

redis_answers()
{
	[ "$(redis-cli -h 127.0.0.1 -p "$redis_port" ping 2>/dev/null)" = PONG ]
}

socket_there()
{
	[ -S "$socket" ]
}

# It serves nobody who could be asked; without Redis it waits.
worker_runs()
{
	part_alive "$worker"
}

health_answers()
{
	[ "$(curl -s -m 5 "$health")" = hello ]
}

admin_answers()
{
	rest /api/admin/login '{}'
}

# POST as administrator: path, JSON body.
rest()
{
	curl -s -f -m 5 -o /dev/null -u "$admin_user:$admin_password" \
		-H 'Content-Type: application/json' -d "$2" "http://127.0.0.1:$port$1"
}

start_all()
{
	for part in $parts; do
		start_part "$part"
		# The programs could wait for Redis by themselves, but would log that they do.
		[ "$part" != redis ] || await_answer redis || start_failed redis
	done
	for part in $parts; do
		await_answer "$part" || start_failed "$part"
	done
	rest /api/admin/namespace/save \
		"{\"key\":\"$demo_namespace\",\"name\":\"demo\",\"auth_passwd\":\"$demo_password\"}" || {
		reason="the namespace $demo_namespace could not be created"
		start_failed admin-api
	}
}

# Part $1 does not answer. When another one has ended, that is the one to look at.
start_failed()
{
	failed=$1
	for part in $parts; do
		if [ -f "$run/$part.status" ] && [ ! -f "$run/$failed.status" ]; then
			failed=$part
			reason="$part ended with status $(cat "$run/$part.status")"
		fi
	done
	printf 'quickstart.sh: %s; the end of %s:\n' "$reason" "$log/$failed.log" >&2
	tail -n 20 "$log/$failed.log" | sed 's/^/    /' >&2
	[ "$command" != start ] || stop_all
	exit 1
}

# Redis last, so that everybody can say goodbye. The web server not before the connectors: Apache
# would wait for its open connections.
stop_all()
{
	# shellcheck disable=SC2046 # a list of words
	stop_parts $(say "$parts" | tr ' ' '\n' | grep -v redis)
	stop_parts redis
	rm -rf "$sockets"
	rm -f "$run/state" "$dir/stack.env"
}

write_env()
{
	{
		say "LP_WEB_URL=http://127.0.0.1:$port"
		say "LP_SOCKET_PATH=/push/socket.io/"
		urls=
		i=1
		while [ "$i" -le "$connectors" ]; do
			urls="$urls http://127.0.0.1:$((port + i))"
			i=$((i + 1))
		done
		say "LP_CONNECTOR_URLS='${urls# }'"
		urls=
		i=0
		while [ "$i" -lt $((connectors + workers)) ]; do
			urls="$urls http://127.0.0.1:$((metrics_port + i))"
			i=$((i + 1))
		done
		say "LP_METRICS_URLS='${urls# }'"
		say "LP_REDIS_PORT=$redis_port"
		say "LP_ADMIN_USER=$admin_user"
		say "LP_ADMIN_PASSWORD=$admin_password"
		say "LP_DEMO_NAMESPACE=$demo_namespace"
		say "LP_DEMO_PASSWORD=$demo_password"
		for part in $parts; do
			say "LP_PID_$(say "$part" | tr 'a-z-' 'A-Z_')=$(part_pid "$part")"
		done
		say "LP_LOG_DIR='$(printf '%s' "$log" | sed "s/'/'\\\\''/g")'"
	} >"$dir/stack.env.new"
	mv "$dir/stack.env.new" "$dir/stack.env"
}

# ---- commands ------------------------------------------------------------------------------------

start()
{
	if load_state; then
		for part in $parts; do
			! part_alive "$part" || die "already running in $dir, http://127.0.0.1:$port"
		done
		rm -rf "$sockets" # the machine stopped under it
	fi
	check_ports
	install_missing "$(list_needs)"
	build_programs
	rm -f "$run"/*.pid "$run"/*.status
	for part in $(list_parts); do
		: >"$log/$part.log"
	done
	save_state
	write_configs
	trap 'stop_all; exit 130' INT TERM HUP
	start_all
	write_env
	greet
	exec 9>&-
	[ "$detach" = yes ] || watch_parts
}

greet()
{
	say "light-push runs:"
	say "  web server  http://127.0.0.1:$port ($server)"
	say "  socket.io   http://127.0.0.1:$port$demo_namespace, path /push/socket.io/"
	[ ! -f "$sockets/push-admin/index.html" ] || say "  console     http://127.0.0.1:$port/push-admin/"
	say "  connectors  $connectors, on ports $((port + 1)) to $((port + connectors))"
	say "  workers     $workers"
	say "  metrics     http://127.0.0.1:$metrics_port/metrics, of the others on the ports after it"
	say "  admin       $admin_user, password $admin_password"
	say "  logs        $log"
	say "  operate     $build/light-push-ctl --config $run/light-push.conf status"
	say ""
	say "Push something to the room \"news\" of the namespace $demo_namespace:"
	say ""
	say "  curl -u $demo_namespace:$demo_password -H 'Content-Type: application/json' \\"
	say "    -d '{\"room\":\"news\",\"pushData\":{\"title\":\"hello\"}}' \\"
	say "    http://127.0.0.1:$port/api/auth/push"
	say ""
	[ "$detach" = yes ] || say "Ctrl-C stops it."
}

# Stays until Ctrl-C or a "stop" from elsewhere; tells when a part ends by itself.
watch_parts()
{
	trap 'stop_all; exit 0' INT TERM HUP
	told=
	while [ -f "$run/state" ]; do
		for part in $parts; do
			life=$part.$(part_pid "$part")
			case " $told " in
			*" $life "*) continue ;;
			esac
			[ -f "$run/$part.status" ] || continue
			say "$part ended with status $(cat "$run/$part.status"); see $log/$part.log"
			told="$told $life"
		done
		sleep 1 &
		wait $! || :
	done
}

stop()
{
	load_state || die "nothing runs in $dir"
	stop_all
}

restart()
{
	load_state || die "nothing runs in $dir"
	case " $(say "$parts" | tr '\n' ' ') " in
	*" $name "*) ;;
	*) die "no part \"$name\" in $dir" ;;
	esac
	stop_parts "$name"
	start_part "$name"
	await_answer "$name" || start_failed "$name"
	# What was away is to be reached through the web server again.
	! part_alive web || await_answer web || start_failed web
	write_env
}

status()
{
	load_state || {
		say "nothing runs in $dir"
		exit 3
	}
	result=0
	for part in $parts; do
		if part_alive "$part"; then
			say "$part runs, pid $(part_pid "$part")"
		else
			say "$part ended with status $(cat "$run/$part.status" 2>/dev/null || say unknown)"
			result=3
		fi
	done
	exit $result
}

read_arguments "$@"
use_dir
$command
