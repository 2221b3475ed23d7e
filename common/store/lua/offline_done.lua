-- An entry of P:offline is done with, or is put aside until what is left of it is due, or given up.
-- KEYS[1]  P:offline
-- ARGV     1 prefix    2 id of the entry    3 namespace    4 id of the message
--          5 when to go on (ms), '' when nothing is left    6 why it is given up, '' when it is not
-- Returns  1
-- include lib/now.lua
local prefix, entry, nsp, id = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if ARGV[5] ~= '' then
  redis.call('ZADD', prefix .. 'offline-later', 'LT', ARGV[5], nsp .. ' ' .. id)
end
if ARGV[6] ~= '' and redis.call('EXISTS', prefix .. '{' .. nsp .. '}:conf') == 1 then
  local dead = prefix .. '{' .. nsp .. '}:dead-messages'
  redis.call('LPUSH', dead, cjson.encode({ id = id, reason = ARGV[6], date = now_text() }))
  redis.call('LTRIM', dead, 0, 999)
end
redis.call('HDEL', prefix .. 'offline-tries', entry)
redis.call('XDEL', KEYS[1], entry)
redis.call('XACK', KEYS[1], 'worker', entry)
return 1
