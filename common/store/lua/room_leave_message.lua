-- Sets whether messages wait for them while they are offline, for one page of the clients ever in
-- a room.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 room    2 'true' or 'false'    3 platform    4 page size    5 cursor, '0' at first
-- Returns  the next cursor, '0' after the last page; or the error GONE (no such namespace)
local B = KEYS[1]
if redis.call('EXISTS', B .. ':conf') == 0 then
  return redis.error_reply('GONE')
end
local page = redis.call('ZSCAN', B .. ':room:' .. ARGV[1] .. ':ever:' .. ARGV[3], ARGV[5], 'COUNT', ARGV[4])
for i = 1, #page[2], 2 do
  redis.call('HSET', B .. ':client:' .. page[2][i], 'leaveMessage', ARGV[2])
end
return page[1]
