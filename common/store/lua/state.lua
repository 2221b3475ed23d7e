-- Notes what a program of the platform is doing now.
-- KEYS[1]  P:states
-- ARGV     1 prefix    2 name: <program>/<node_id>@<host>    3 ms for which it is kept; 0: forgets it
--          4.. fields, name and value
-- Returns  1
-- include lib/now.lua
local prefix, name, keep = ARGV[1], ARGV[2], tonumber(ARGV[3])
local key, now = prefix .. 'state:' .. name, now_ms()
redis.call('DEL', key)
if keep == 0 then
  redis.call('ZREM', KEYS[1], name)
else
  redis.call('HSET', key, 'time', now, unpack(ARGV, 4))
  redis.call('PEXPIRE', key, keep)
  redis.call('ZADD', KEYS[1], now, name)
end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. now - 60000)
return 1
