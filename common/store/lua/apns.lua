-- The rooms that send a client nothing while it is offline: changes them, or returns them.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 client    2 at most so many rooms    3.. pairs: room, '1' to add it, '' to remove it;
--          none: returns the rooms
-- Returns  a list, of rooms when they were asked for; FULL: too many, the first ones are in; or
--          UNKNOWN, OFFLINE: of the namespace
-- include lib/open.lua
local B, quiet = KEYS[1], KEYS[1] .. ':quiet:' .. ARGV[1]
local good, status = open(B)
if not good then
  return status
end
if #ARGV == 2 then
  return redis.call('SMEMBERS', quiet)
end
for i = 3, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('SREM', quiet, ARGV[i])
  elseif redis.call('SADD', quiet, ARGV[i]) == 1 and redis.call('SCARD', quiet) > tonumber(ARGV[2]) then
    redis.call('SREM', quiet, ARGV[i])
    return redis.status_reply('FULL')
  end
end
return {}
