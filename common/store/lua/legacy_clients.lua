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
local reply = { #old, 0 }
for _, client in ipairs(old) do
  if legacy(B, client, before) then
    redis.call('ZREM', B .. ':ever', client)
    redis.call('UNLINK', B .. ':client:' .. client, B .. ':quiet:' .. client)
    reply[#reply + 1] = client
  else
    reply[2] = reply[2] + 1
  end
end
return reply
