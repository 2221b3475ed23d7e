#!/bin/sh
# Runs every test: "tests/run.sh". Installs what they need (on Debian, as root), builds in
# build-tests/, prints a line for each stage and a summary; exit status 0 only when all passed. With
# CI=true in the environment the parsers are fuzzed as well.
#
# "tests/run.sh --stage NAME" runs one stage by itself and shows all it writes; a build-* stage must
# have been run before the others.
set -eu

src=$(cd "$(dirname "$0")/.." && pwd)
work=$src/build-tests
log=$work/log
PATH=$PATH:/usr/sbin:/sbin

# shellcheck source=deploy/lib.sh
. "$src/deploy/lib.sh"
# shellcheck source=deploy/build.sh
. "$src/deploy/build.sh"

# ---- stages --------------------------------------------------------------------------------------
# Each runs in a shell of its own; it fails with its first command that fails.

stage_scripts()
{
	shellcheck -x common/*/*.sh sql/*.sh deploy/*.sh tests/*.sh tests/*/*.sh .ci/run
	for file in tests/*/*.mjs tests/*/*/*.mjs; do
		node --check "$file"
	done
	check_needs
}

# The libraries that configure looks for are among the packages that deploy/build.sh installs, and
# those that README.md names.
check_needs()
{
	modules=$(sed -n 's/^PKG_CHECK_MODULES(\[[^,]*, \[\([^] ]*\).*/\1/p' configure.ac)
	[ -n "$modules" ]
	for module in $modules; do
		package=$(list_test_needs | awk -v module="$module" \
			'$1 == "library" && $2 == module { package = $3 } END { print package }')
		[ -n "$package" ] || die "no package for $module, which configure looks for"
		grep -q -w -e "$package" README.md || die "README.md does not name $package"
	done
}

stage_build_gcc()
{
	build gcc gcc --enable-werror
}

stage_build_sanitize()
{
	build sanitize clang --enable-werror --enable-sanitize
}

stage_build_fuzz()
{
	build fuzz clang --enable-fuzzing --enable-sanitize --without-admin-ui
	make -j4 check TESTS= # builds the targets, runs nothing
}

# Name, compiler, options of configure.
build()
{
	folder=$work/$1
	compiler=$2
	shift 2
	mkdir -p "$folder"
	cd "$folder"
	"$src/configure" CC="$compiler" "$@"
	make -j4
}

stage_check()
{
	make_check gcc check
}

stage_check_sanitize()
{
	make_check sanitize check
}

stage_check_redis()
{
	make_check gcc check-redis
}

make_check()
{
	cd "$work/$1"
	make -j4 "$2" || {
		grep -v '^# ' test-suite.log || : # without its counts, which are in the output already
		return 1
	}
}

# Instructions of fixed steps, against what they were.
stage_instructions()
{
	sh tests/instructions/check.sh "$work/gcc" || {
		status=$?
		# The continuous integration has the compiler that the baseline is of.
		if [ $status -ne 77 ] || [ "${CI-}" = true ]; then return $status; fi
		say "# SKIP: 1"
	}
}

stage_distcheck()
{
	cd "$work/gcc"
	rm -f light-push-*.tar.xz
	make -j4 distcheck
	check_tarball light-push-*.tar.xz
}

# For servers that are there already.
stage_site()
{
	sh "$src/tests/check-site.sh" "$work/gcc"
	say "# PASS: 1 (units and sites)"
}

# Tarball $1 has every file of the repository but git's own, where there is a repository.
check_tarball()
{
	if [ ! -e "$src/.git" ] || ! command -v git >/dev/null; then return 0; fi
	tar -tf "$1" | sed 's|^[^/]*/||' | LC_ALL=C sort >"$work/tarball"
	missing=$(git -C "$src" ls-files | grep -v -E '(^|/)\.git' | LC_ALL=C sort |
		LC_ALL=C comm -23 - "$work/tarball")
	[ -z "$missing" ] || die "not in the tarball:" "$missing"
}

stage_fuzz()
{
	cd "$work/fuzz"
	running=
	for program in tests/fuzz/fuzz_*; do
		if [ ! -f "$program" ] || [ ! -x "$program" ]; then continue; fi
		name=${program##*/}
		fuzz_one "$program" "$name" >"$log/$name.log" 2>&1 &
		running="$running $!:$name"
	done
	[ -n "$running" ]
	for one in $running; do
		if wait "${one%%:*}"; then
			say "# PASS: 1 (${one#*:})"
		else
			tail -n 40 "$log/${one#*:}.log"
			say "# FAIL: 1 (${one#*:})"
		fi
	done
}

# Program, its name. 30 s from the seeds in the tree; new inputs stay in the work folder.
fuzz_one()
{
	program=$1
	corpus=$work/corpus/$2
	seeds=$src/tests/fuzz/$2.in
	dict=$src/tests/fuzz/$2.dict
	mkdir -p "$corpus"
	set -- -max_total_time=30 -print_final_stats=1 "-artifact_prefix=$corpus-"
	[ ! -f "$dict" ] || set -- "$@" "-dict=$dict"
	"$program" "$@" "$corpus" "$seeds"
}

stage_e2e_lighttpd()
{
	e2e gcc lighttpd clients refusals rest contract contract-admin logins
}

stage_e2e_nginx()
{
	e2e gcc nginx clients refusals rest contract contract-admin logins
}

stage_e2e_apache()
{
	e2e gcc apache clients refusals rest contract contract-admin logins
}

# Test files of the whole; those through web servers are some of them.
list_e2e()
{
	say openapi clients refusals rest contract contract-admin contract-settings connecting events
	say push isolation kick lists logins access offline notifications stats cluster redis recovery
	say processes providers fcm-webpush callbacks
	say metrics monitoring operator ctl soak simulator
	say limits signatures tokens admin-as archive history
}

# With very many clients, and with limits of time that the programs must keep: by itself.
stage_e2e_crowd()
{
	folder="kill"
	e2e gcc direct kill
	folder=large-room
	e2e gcc direct large-room
	folder=large-offline
	e2e gcc direct large-offline
}

stage_e2e_direct()
{
	# shellcheck disable=SC2046 # a list of words
	e2e gcc direct $(list_e2e)
}

stage_e2e_sanitize()
{
	export LP_KILL_CLIENTS=300 LP_ARCHIVE_KILLS=6 # the programs are slower
	# shellcheck disable=SC2046
	e2e sanitize direct $(list_e2e) kill
}

# The console: its logic, how each web server gives it out, and all of it in a browser. Screenshots
# are in build-tests/e2e/console-*/shots.
stage_console()
{
	(cd "$work/gcc/admin-ui/npm" && LP_SOURCE="$src" npm run --silent check)
	say "# PASS: 1 (logic, types and format)"
	bad=
	for server in nginx apache; do
		browser $server served || bad=yes
	done
	browser lighttpd served pages newcomer crowd || bad=yes
	[ -z "$bad" ]
}

# Web server, test files: one at a time, each wants the machine for itself.
browser()
{
	export LP_BUILD="$work/gcc" LP_TARGET="$1" LP_E2E_DIR="$work/e2e/console-$1"
	shift
	rm -rf "$LP_E2E_DIR"
	cd "$src/tests/console"
	for file in "$@"; do
		node --test --test-reporter=spec "$file.test.mjs" || return 1
	done
}

stage_conformance()
{
	conformance gcc
}

stage_conformance_sanitize()
{
	conformance sanitize
}

# Every case of the protocols against the engine of that build.
conformance()
{
	make_check "$1" conformance-server
	cd "$src/tests/conformance"
	node run.mjs --server "$work/$1/tests/conformance/conformance-server" >"$log/$1-cases" || bad=yes
	sed -E 's/^([0-9]+) passed, ([0-9]+) failed$/# PASS: \1\n# FAIL: \2/' "$log/$1-cases"
	[ -z "${bad-}" ]
}

# That the benchmark works; it measures nothing here.
stage_bench()
{
	LP_BUILD="$work/gcc" node --test --test-reporter=spec "$src/tests/bench/smoke.test.mjs"
}

# Build, what clients connect through, test files.
e2e()
{
	export LP_BUILD="$work/$1" LP_TARGET="$2" LP_E2E_DIR="$work/e2e/${folder:-$1-$2}"
	shift 2
	rm -rf "$LP_E2E_DIR"
	cd "$src/tests/e2e"
	for file in "$@"; do
		set -- "$@" "$file.test.mjs"
		shift
	done
	node --test --test-reporter=spec "$@"
}

# ---- running them --------------------------------------------------------------------------------

list_test_needs()
{
	prebuilt=
	for server in lighttpd nginx apache; do
		list_needs
	done
	say command shellcheck shellcheck
	say command clang clang
	say command clang libclang-rt-14-dev # sanitizers and libFuzzer
	say command clang-format-14 clang-format-14
	say command llvm-symbolizer llvm
	say library cunit libcunit1-dev
	say library libwebsockets libwebsockets-dev
	say command node nodejs
	say command npm npm
	say command promtool prometheus
	say command valgrind valgrind
	say command python3 python3
	say python socketio python3-socketio
	say python requests python3-requests # its long-polling
	say python websocket python3-websocket
	say command xz xz-utils
	say command sqlite3 sqlite3
	say file /usr/lib/postgresql postgresql
	say command openssl openssl
	say command systemd-analyze systemd
	say command chromium chromium
	say file /usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc fonts-noto-cjk
}

prepare()
{
	mkdir -p "$log"
	rm -f "$log"/*
	install=yes
	install_missing "$(list_test_needs)"
	make_configure >"$log/autoreconf.log" 2>&1 || {
		cat "$log/autoreconf.log"
		die "autoreconf failed"
	}
	for folder in e2e conformance console; do
		(cd "$src/tests/$folder" && npm ci --no-audit --no-fund) >"$log/npm.log" 2>&1 || {
			cat "$log/npm.log"
			die "npm could not install the clients"
		}
	done
}

# Runs the stages named side by side. Each leaves "passed failed" in a file.
side_by_side()
{
	for stage in "$@"; do
		run_stage "$stage" &
	done
	wait
}

run_stage()
{
	begin=$(date +%s)
	file=$log/$1.log
	if sh "$src/tests/run.sh" --stage "$1" >"$file" 2>&1; then good=yes; else good=no; fi
	# Programs of make check, tests of node.
	passed=$(sum_counts '^(# PASS:|# pass|ℹ pass)' "$file")
	failed=$(sum_counts '^(# FAIL:|# ERROR:|# XPASS:|# fail|ℹ fail)' "$file")
	skipped=$(sum_counts '^(# SKIP:|# skipped|ℹ skipped)' "$file")
	# Stages that count nothing are one test; so is an end that no count shows.
	if [ $good = yes ]; then
		[ $((passed + failed)) -gt 0 ] || passed=1
	elif [ "$failed" -eq 0 ]; then
		failed=1
	fi
	say "$passed $failed" >"$log/$1.count"
	result="ok    "
	[ "$failed" -eq 0 ] || result=FAILED
	notes="$passed passed"
	[ "$failed" -eq 0 ] || notes="$notes, $failed failed, see $file"
	[ "$skipped" -eq 0 ] || notes="$notes, $skipped skipped"
	printf '%s %-15s %4d s   %s\n' "$result" "$1" $(($(date +%s) - begin)) "$notes"
}

# Adds up the numbers behind the lines of file $2 that match $1.
sum_counts()
{
	sed -n -E "s/$1 *([0-9]+).*/\\2/p" "$2" | awk '{ sum += $1 } END { print sum + 0 }'
}

# Of each stage that failed: what node says of its failed tests, without the calls that led there, or
# else the end of the log.
show_failures()
{
	for count in "$log"/*.count; do
		read -r passed failed <"$count"
		[ "$failed" -gt 0 ] || continue
		name=$(basename "$count" .count)
		say ""
		say "---- $name"
		failures=$(sed -n '/^✖ failing tests:/,$p' "$log/$name.log" | grep -Ev '^ *(at .*)?$' | head -n 60)
		if [ -n "$failures" ]; then say "$failures"; else tail -n 60 "$log/$name.log"; fi
	done
}

run_all()
{
	prepare
	fuzz=
	if [ "${CI-}" = true ]; then fuzz=yes; fi
	side_by_side scripts build_gcc build_sanitize ${fuzz:+build_fuzz}
	# One make at a time in a build tree.
	side_by_side check check_sanitize
	side_by_side distcheck ${fuzz:+fuzz}
	# Real programs and clients wait for each other, with timeouts: one stage at a time, so that a
	# small machine has nothing else to do meanwhile.
	for stage in instructions site check_redis conformance conformance_sanitize e2e_direct \
		e2e_crowd e2e_nginx e2e_lighttpd e2e_apache e2e_sanitize console bench; do
		side_by_side "$stage"
	done
	show_failures
	totals=$(cat "$log"/*.count | awk '{ passed += $1; failed += $2 } END { print passed, failed }')
	say ""
	say "${totals% *} passed, ${totals#* } failed"
	[ "${totals#* }" -eq 0 ]
}

cd "$src"
case ${1-} in
--stage) "stage_$2" ;;
'') run_all ;;
*) die "usage: tests/run.sh [--stage NAME]" ;;
esac
