#!/bin/sh
# What "make install" brings for servers that are there already: units that systemd takes, and parts
# that nginx, lighttpd and Apache take into a site of their own. The argument is a finished build tree.
set -eu

build=$(cd "$1" && pwd)
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
PATH=$PATH:/usr/sbin:/sbin

# Paths in the files are those of the prefix, below which nothing is put here.
make -s -C "$build" install DESTDIR="$dir/root" >"$dir/install.log" 2>&1 || {
	cat "$dir/install.log"
	exit 1
}
examples=$(dirname "$(find "$dir/root" -name nginx-site.conf)")

try()
{
	what=$1
	shift
	if "$@" >"$dir/out" 2>&1; then
		printf 'ok %s\n' "$what"
	else
		cat "$dir/out"
		printf 'failed: %s\n' "$what"
		failed=yes
	fi
}

failed=
if grep -r -n '@[A-Z_]*@' "$examples"; then failed=yes; fi

# --- systemd ---

mkdir -p "$dir/root/etc/systemd/system"
cp "$examples/systemd/"* "$dir/root/etc/systemd/system/"
for unit in light-push-api.service light-push-admin-api.service light-push-worker.service \
	light-push-connector@21314.service; do
	try "systemd $unit" systemd-analyze verify --man=no --root="$dir/root" \
		--recursive-errors=no "$unit"
done

# --- web servers with a site that is not ours, and with what docs/INSTALL.md keeps inside ---

cat >"$dir/nginx.conf" <<END
pid $dir/nginx.pid;
error_log stderr;
events {}
http {
	access_log off;
	include $examples/nginx-upstreams.conf;
	geo \$light_push_outside {
		default 1;
		10.0.0.0/8 0;
	}
	server {
		listen 127.0.0.1:1;
		set \$light_push_asked \$light_push_outside\$uri;
		if (\$light_push_asked ~ ^1/(api/admin|push-admin)(/|\$)) {
			return 403;
		}
		location / { return 200 "a site"; }
		location ~ \\.php\$ { return 404; }
		include $examples/nginx-site.conf;
	}
}
END
try nginx nginx -e stderr -t -c "$dir/nginx.conf"

cat >"$dir/lighttpd.conf" <<END
server.modules = ( "mod_access", "mod_redirect", "mod_rewrite", "mod_alias", "mod_fastcgi", "mod_proxy", "mod_setenv" )
server.document-root = "/var/www"
server.http-parseopts = ( "url-path-2f-decode" => "disable" )
\$HTTP["remote-ip"] != "10.0.0.0/8" {
	\$HTTP["url"] =~ "^/(api/admin|push-admin)(/|\$)" { url.access-deny = ( "" ) }
}
\$HTTP["host"] == "push.example.com" {
	include "$examples/lighttpd-site.conf"
}
END
try lighttpd lighttpd -tt -f "$dir/lighttpd.conf"

{
	printf 'ServerRoot /usr/lib/apache2\n'
	for module in mpm_event authz_core authz_host alias dir mime headers filter deflate setenvif rewrite \
		slotmem_shm proxy proxy_http proxy_fcgi proxy_balancer lbmethod_byrequests; do
		printf 'LoadModule %s_module modules/mod_%s.so\n' "$module" "$module"
	done
	cat <<END
ServerName localhost
DefaultRuntimeDir $dir
PidFile $dir/apache.pid
ErrorLog /dev/stderr
TypesConfig /dev/null
Listen 127.0.0.1:1
<VirtualHost *>
	DocumentRoot /var/www
	Include $examples/apache-site.conf
	<LocationMatch "^/(api/admin|push-admin)(/|\$)">
		Require ip 10.0.0.0/8
	</LocationMatch>
</VirtualHost>
END
} >"$dir/apache.conf"
try apache apache2 -t -f "$dir/apache.conf"

[ -z "$failed" ]
