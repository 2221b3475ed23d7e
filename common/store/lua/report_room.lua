-- Who is online in some rooms of a namespace.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 '1' to list clients and users    2 up to how many each is listed    3.. rooms
-- Returns  per room { online web, ios, android, ever web, ios, android, users, client ids,
--          user ids }; a list that was not asked for, or is longer, is nil
local B, detail, limit = KEYS[1], ARGV[1] == '1', tonumber(ARGV[2])
local platforms = { 'web', 'ios', 'android' }
local reply = {}

for i = 3, #ARGV do
  local base = B .. ':room:' .. ARGV[i]
  local row, online = {}, 0
  for n, platform in ipairs(platforms) do
    row[n] = redis.call('SCARD', base .. ':on:' .. platform)
    row[n + 3] = redis.call('ZCARD', base .. ':ever:' .. platform)
    online = online + row[n]
  end
  -- A user's own room keeps no count of users: there is one or none.
  local owner = string.match(ARGV[i], '^user_(.+)$')
  local users = redis.call('HLEN', base .. ':users')
  if users > 0 then
    owner = nil
  elseif owner and online > 0 then
    users = 1
  end
  row[7], row[8], row[9] = users, false, false
  if detail and online <= limit then
    row[8] = redis.call('SUNION', base .. ':on:web', base .. ':on:ios', base .. ':on:android')
  end
  if detail and users <= limit then
    row[9] = owner and users == 1 and { owner } or redis.call('HKEYS', base .. ':users')
  end
  reply[i - 2] = row
end
return reply
