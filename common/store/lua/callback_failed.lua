-- A disconnect callback was not answered with success: it is tried again later, or given up.
-- KEYS[1]  P:callbacks
-- ARGV     1 prefix    2 id of the entry    3 for how long it is tried (ms)
--          4 why it failed; '' when it was not tried, for want of a place: that costs it nothing
-- Returns  ms until the next try; 0: given up; -1: the entry, or its namespace, is gone
-- include lib/callback.lua
-- include lib/now.lua
local prefix, id = ARGV[1], ARGV[2]
local entry = redis.call('XRANGE', KEYS[1], id, id)[1]
redis.call('XACK', KEYS[1], 'worker', id)
if redis.call('XDEL', KEYS[1], id) == 0 then
  return -1
end

local now, event = now_ms(), { e = id, a = '0', t = string.match(id, '^%d+') }
for i = 1, #entry[2], 2 do
  event[entry[2][i]] = entry[2][i + 1]
end
local base = prefix .. '{' .. event.n .. '}'
if redis.call('EXISTS', base .. ':conf') == 0 then
  return -1
end
local pause = 1000
if ARGV[4] == '' then
  event.t = string.format('%.0f', now)
else
  pause = math.min(1000 * 2 ^ math.min(tonumber(event.a), 6), 60000)
  event.a = tostring(event.a + 1)
end
if ARGV[4] == '' or now + pause <= tonumber(event.t) + ARGV[3] then
  redis.call('ZADD', prefix .. 'callbacks-later', now + pause, callback_pack(event))
  return pause
end

local dead = base .. ':dead-callbacks'
event.reason, event.date = ARGV[4], string.format('%.0f', now)
redis.call('LPUSH', dead, callback_pack(event))
redis.call('LTRIM', dead, 0, 999)
return 0
