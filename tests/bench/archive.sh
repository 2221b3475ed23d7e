#!/bin/sh
# How fast a worker fills the archive: "archive.sh BUILD URL [COUNT]" puts COUNT messages (200000) into
# the log of a Redis of its own, starts the worker of that build tree, and prints messages per
# second. URL: the setting archive, a database that is empty or may get them. On a quiet machine.
set -eu

build=$1 url=$2 count=${3:-200000}
dir=$(mktemp -d)
redis=$dir/redis.sock
port=$((20000 + $$ % 10000))

cleanup()
{
	[ -z "${worker:-}" ] || kill "$worker" 2>/dev/null || :
	redis-cli -s "$redis" shutdown nosave >/dev/null 2>&1 || :
	rm -rf "$dir"
}
trap cleanup EXIT

redis-server --port 0 --unixsocket "$redis" --save '' --appendonly no --dir "$dir" >"$dir/redis.log" &
until [ "$(redis-cli -s "$redis" ping 2>/dev/null)" = PONG ]; do
	sleep 0.1
done

# As push.lua leaves them.
cat >"$dir/fill.lua" <<'END'
local from, count = tonumber(ARGV[1]), tonumber(ARGV[2])
redis.call('ZADD', 'lp:namespaces', 0, '/bench')
for i = from, from + count - 1 do
  local room, data = 'user_' .. i % 5000, '{"title":"订单通知","content":"您的订单 ' .. i ..
    ' 已经发货，请注意查收。","type":"order","user":' .. i % 5000 .. '}'
  redis.call('XADD', 'lp:{/bench}:log', '*', 'r', room, 'i', tostring(i), 'x', '', 'e',
    '["push",{"room":"' .. room .. '","namespace":"/bench","pushData":' .. data .. ',"sendDate":' ..
    string.format('%.0f', ARGV[3] + math.floor(i / 10)) .. ',"id":' .. i .. '}]', 'a', '{"expire":"1"}')
end
redis.call('SET', 'lp:{/bench}:seq', tostring(from + count - 1))
redis.call('ZADD', 'lp:archive-due', 'NX', 1, '/bench')
return count
END
now=$(date +%s)000
i=1
while [ "$i" -le "$count" ]; do
	redis-cli -s "$redis" --eval "$dir/fill.lua" , "$i" 5000 "$now" >/dev/null
	i=$((i + 5000))
done
total=$((i - 1))

written()
{
	curl -s "http://127.0.0.1:$port/metrics" | awk '/^light_push_archive_messages_total/ { n = $2 } END { print n + 0 }'
}

"$build/light-push-worker" --set "redis_address=unix:$redis" --set redis_timeout=5s --set "archive=$url" \
	--set "metrics_port=$port" >"$dir/worker.log" &
worker=$!
# The tables have been made by then.
until [ "$(written)" -gt 0 ]; do
	sleep 0.02
done
first=$(written)
start=$(date +%s%N)
until [ "$(written)" -ge "$total" ]; do
	sleep 0.02
done
end=$(date +%s%N)
echo "$total messages, $(((total - first) * 1000 / ((end - start) / 1000000))) a second," \
	"$(awk -v n="$total" '{ printf "%.1f", ($14 + $15) * 10000 / n }' "/proc/$worker/stat") us of the worker's CPU each"
