-- Tells the connectors that hold members of some rooms to put these into another room, or to take
-- them out of it.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 prefix    2 inbox limit    3 target room    4 'join' or 'leave'
--          5 the source rooms as a JSON array            6.. the source rooms
-- Returns  how many connectors were told; or the error GONE (no such namespace), OFFLINE
-- include lib/inbox.lua
-- include lib/route.lua
local B, prefix, target = KEYS[1], ARGV[1], ARGV[3]

local conf = redis.call('HMGET', B .. ':conf', 'key', 'offline')
if not conf[1] then
  return redis.error_reply('GONE')
end
if conf[2] == 'on' then
  return redis.error_reply('OFFLINE')
end

local nsp, told, count = string.match(B, '{(.*)}$'), {}, 0
for i = 6, #ARGV do
  local route = B .. ':route:' .. ARGV[i]
  for _, owner in ipairs(redis.call('HKEYS', route)) do
    if told[owner] == nil then
      told[owner] = inbox_add(prefix, owner, ARGV[2], 'k', 'transfer', 'n', nsp, 't', target, 'j', ARGV[4],
        's', ARGV[5])
      count = count + (told[owner] and 1 or 0)
    end
    if not told[owner] then
      redis.call('HDEL', route, owner)
    elseif ARGV[4] == 'join' then
      -- From now on a push to the target goes there as well; it comes behind this entry.
      route_on(B, owner, target)
      route_left(B, owner, target)
    end
  end
end
return count
