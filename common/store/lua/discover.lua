-- Online clients near a place, nearest first, one of each user but the caller.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 client, the caller    2 radius (km)    3 at most so many
--          4 longitude    5 latitude, within 85.05 degrees; both '' for those of the caller's record
-- Returns  a list, for each: client id, user id, distance (km), the number of its record's fields,
--          and these, names and values; or UNKNOWN, OFFLINE: of the namespace
-- include lib/open.lua
-- include lib/place.lua
-- include lib/presence.lua
local B, caller, count = KEYS[1], ARGV[1], tonumber(ARGV[3])
local longitude, latitude = ARGV[4], ARGV[5]
local good, status = open(B)
if not good then
  return status
end
if longitude == '' then
  longitude, latitude = place_of(B, caller)
end
if not longitude then
  return {}
end

local nsp = string.match(B, '{(.*)}$')
local own = redis.call('HGET', B .. ':clients', caller)
own = own and identity(nsp, caller, own)

-- The nearest one of each user, of the nearest so many clients.
local function nearest(limit)
  local near = redis.call('GEOSEARCH', B .. ':geo', 'FROMLONLAT', longitude, latitude, 'BYRADIUS',
    ARGV[2], 'km', 'ASC', 'COUNT', limit, 'WITHDIST')
  local found, users = {}, {}
  for _, one in ipairs(near) do
    local held = redis.call('HGET', B .. ':clients', one[1])
    local userid = held and identity(nsp, one[1], held)
    if userid and userid ~= own and not users[userid] and #found < count then
      users[userid] = true
      found[#found + 1] = { one[1], userid, one[2] }
    end
  end
  return found, #near < limit
end

-- Users with many devices fill the places of others: look further.
local limit = 2 * count + 10
local found, all = nearest(limit)
while #found < count and not all do
  limit = limit * 4
  found, all = nearest(limit)
end
local reply = {}
for _, one in ipairs(found) do
  local record = redis.call('HGETALL', B .. ':client:' .. one[1])
  for _, value in ipairs({ one[1], one[2], one[3], tostring(#record / 2), unpack(record) }) do
    reply[#reply + 1] = value
  end
end
return reply
