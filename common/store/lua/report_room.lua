-- How many are online in some rooms of a namespace.
-- KEYS[1]  B, the namespace's base key
-- ARGV     rooms
-- Returns  per room { online web, ios, android, ever web, ios, android, users, 1 when it is a
--          user's own room with no other user in it }
local B = KEYS[1]
local platforms = { 'web', 'ios', 'android' }
local reply = {}

for i, room in ipairs(ARGV) do
  local base = B .. ':room:' .. room
  local row, online = {}, 0
  for n, platform in ipairs(platforms) do
    row[n] = redis.call('SCARD', base .. ':on:' .. platform)
    row[n + 3] = redis.call('ZCARD', base .. ':ever:' .. platform)
    online = online + row[n]
  end
  row[7], row[8] = redis.call('HLEN', base .. ':users'), 0
  -- A user's own room keeps no count of users: there is one or none.
  if row[7] == 0 and online > 0 and string.match(room, '^user_.') then
    row[7], row[8] = 1, 1
  end
  reply[i] = row
end
return reply
