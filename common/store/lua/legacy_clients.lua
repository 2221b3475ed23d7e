-- Removes clients of an offline namespace that have not connected for long, oldest first. They
-- must have been taken out of their rooms before (legacy_rooms.lua).
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 clients that connected last before this time (ms)    2 skip so many    3 look at so many
-- Returns  { how many were looked at, how many stay since they are online, removed clients... };
--          or the error OPEN
-- include lib/legacy.lua
local B, before = KEYS[1], tonumber(ARGV[1])
if redis.call('HGET', B .. ':conf', 'offline') ~= 'on' then
  return redis.error_reply('OPEN')
end
local old = redis.call('ZRANGEBYSCORE', B .. ':ever', '-inf', '(' .. ARGV[1], 'LIMIT', ARGV[2], ARGV[3])
local gone, records = legacy(B, old, before), {}
for _, client in ipairs(gone) do
  records[#records + 1] = B .. ':client:' .. client
  records[#records + 1] = B .. ':quiet:' .. client
end
if #gone > 0 then
  redis.call('ZREM', B .. ':ever', unpack(gone))
  redis.call('UNLINK', unpack(records))
end
return { #old, #old - #gone, unpack(gone) }
