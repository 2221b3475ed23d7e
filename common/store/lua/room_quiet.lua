-- Changes the rooms without offline push of one page of the iOS clients ever in a room.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 room    2 n, how many rooms to add    3.. these, then rooms to remove
--          last but one: page size; last: cursor, '0' at first
-- Returns  the next cursor, '0' after the last page; or the error GONE (no such namespace)
local B, n = KEYS[1], tonumber(ARGV[2])
if redis.call('EXISTS', B .. ':conf') == 0 then
  return redis.error_reply('GONE')
end
local page = redis.call('ZSCAN', B .. ':room:' .. ARGV[1] .. ':ever:ios', ARGV[#ARGV], 'COUNT', ARGV[#ARGV - 1])
for i = 1, #page[2], 2 do
  local quiet = B .. ':quiet:' .. page[2][i]
  if n > 0 then
    redis.call('SADD', quiet, unpack(ARGV, 3, 2 + n))
  end
  if #ARGV - 2 > 2 + n then
    redis.call('SREM', quiet, unpack(ARGV, 3 + n, #ARGV - 2))
  end
end
return page[1]
