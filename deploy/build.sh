# shellcheck shell=sh
# shellcheck disable=SC2154 # variables of the script that reads this
# Shell functions of deploy/quickstart.sh and tests/run.sh that bring the programs onto this
# machine: Debian packages and the build.

# Reads needs and prints the Debian package of each one that is not met.
missing_packages()
{
	while read -r kind probe package; do
		case $kind in
		command) command -v "$probe" >/dev/null || say "$package" ;;
		library) pkg-config --exists "$probe" 2>/dev/null || say "$package" ;;
		header) [ -e "/usr/include/$probe" ] || say "$package" ;;
		file) [ -e "$probe" ] || say "$package" ;;
		python) [ -e "/usr/lib/python3/dist-packages/$probe" ] || say "$package" ;;
		esac
	done
}

# What building and running needs, one per line: kind, what to look for, Debian package.
list_needs()
{
	say command curl curl
	say command redis-server redis-server
	case $server in
	lighttpd) say command lighttpd lighttpd ;;
	nginx) say command nginx nginx ;;
	apache) say command apache2 apache2-bin ;;
	esac
	[ -z "$prebuilt" ] || return 0
	say command gcc gcc
	say command make make
	say command pkg-config pkg-config
	[ -x "$src/configure" ] || say command autoreconf autoconf
	[ -x "$src/configure" ] || say command automake automake
	say header stdlib.h libc6-dev
	say header fcgiapp.h libfcgi-dev
	say header uthash.h uthash-dev
	say library libevent_core libevent-dev
	say library hiredis libhiredis-dev
	say library json-c libjson-c-dev
	say library libcrypto libssl-dev
	say library libssl libssl-dev
	say library zlib zlib1g-dev
	say library libcurl libcurl4-openssl-dev
	say library libnghttp2 libnghttp2-dev
	say library inih libinih-dev
	say library sqlite3 libsqlite3-dev
	say library libpq libpq-dev
	if console_wanted && [ ! -f "$src/admin-ui/dist/push-admin/index.html" ]; then
		say command node nodejs
		say command npm npm
	fi
}

# tests/run.sh does not ask; configure then takes npm where it is.
console_wanted()
{
	[ "${console-no}" = yes ]
}

# Installs what of the needs $1 is missing, or says what the user should install.
install_missing()
{
	missing=$(say "$1" | missing_packages | sort -u | tr '\n' ' ')
	[ -n "$missing" ] || return 0
	if [ "$install" = no ] || [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
		die "missing; on Debian, as root: apt-get install $missing"
	fi
	say "installing $missing(log: $log/install.log)"
	# shellcheck disable=SC2086 # a list of words
	apt_install $missing >"$log/install.log" 2>&1 || {
		tail -n 20 "$log/install.log" >&2
		die "apt-get could not install $missing"
	}
}

# Debian starts a server when its package is installed, unless policy-rc.d forbids it; quickstart
# runs its own on its own ports.
apt_install()
{
	policy=/usr/sbin/policy-rc.d
	if [ -e "$policy" ]; then
		policy= # somebody else's: stays
	else
		trap 'rm -f "$policy"' EXIT
		trap 'exit 130' INT TERM HUP # a shell that a signal ends leaves EXIT out
		printf '#!/bin/sh\nexit 101\n' >"$policy"
		chmod 755 "$policy"
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get update && apt-get install -y --no-install-recommends "$@" || return 1
	for service in redis-server lighttpd nginx; do
		case " $* " in
		*" $service "*) systemctl disable "$service" 2>/dev/null || : ;;
		esac
	done
	[ -n "$policy" ] || return 0
	rm -f "$policy"
	trap - EXIT INT TERM HUP
}

build_programs()
{
	build=${prebuilt:-$dir/build}
	if [ -z "$prebuilt" ]; then
		[ -e "$build/light-push-connector" ] || say "building (log: $log/build.log)"
		mkdir -p "$build"
		build_tree >"$log/build.log" 2>&1 || {
			tail -n 20 "$log/build.log" >&2
			! console_wanted || say "--no-ui builds without the console, and so without npm" >&2
			die "the build failed"
		}
	fi
	for program in light-push-api light-push-admin-api light-push-connector; do
		[ -x "$build/$program" ] || die "no $program in $build"
	done
}

# Where a clone does not have it yet. Two scripts started at a time must not both make it.
make_configure()
{
	# shellcheck disable=SC2016 # expanded by the inner shell
	flock "$src/configure.ac" sh -c 'cd "$1" && { [ -x configure ] || autoreconf -fi; }' sh "$src"
}

# Out of tree; with the console or without, whichever it was the last time.
build_tree()
{
	ui=--without-admin-ui
	! console_wanted || ui=--with-admin-ui
	make_configure || return 1
	(
		cd "$build" || exit 1
		if [ ! -f Makefile ] || ! ./config.status --config | grep -q -e "$ui"; then
			"$src/configure" "$ui" || exit 1
		fi
		make -j"$(nproc)"
	)
}
