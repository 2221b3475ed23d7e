-- The part of a transfer that nobody online takes part in: one page of the clients ever in a room
-- is added to those ever in another, or removed from them.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 source room    2 target room    3 'join' or 'leave'    4 platform    5 page size
--          6 cursor, '0' at first
-- Returns  the next cursor, '0' after the last page; or the error GONE (no such namespace)
-- include lib/now.lua
local B, platform = KEYS[1], ARGV[4]
if redis.call('EXISTS', B .. ':conf') == 0 then
  return redis.error_reply('GONE')
end
local target = B .. ':room:' .. ARGV[2] .. ':ever:' .. platform
local page = redis.call('ZSCAN', B .. ':room:' .. ARGV[1] .. ':ever:' .. platform, ARGV[6], 'COUNT', ARGV[5])
local now, changes = now_text(), {}
for i = 1, #page[2], 2 do
  if ARGV[3] == 'join' then
    changes[#changes + 1] = now
  end
  changes[#changes + 1] = page[2][i]
end
if #changes > 0 and ARGV[3] == 'join' then
  redis.call('ZADD', target, 'NX', unpack(changes))
elseif #changes > 0 then
  redis.call('ZREM', target, unpack(changes))
end
return page[1]
