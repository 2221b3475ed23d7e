-- Who is online in a namespace.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 '1' to list rooms, clients and users    2 up to how many each is listed
-- Returns  { rooms, users, clients, clients ever, room names, client ids, user ids }; a list that
--          was not asked for, or is longer, is nil
local B, detail, limit = KEYS[1], ARGV[1] == '1', tonumber(ARGV[2])

local function list(key, count)
  return detail and count <= limit and redis.call('HKEYS', key)
end

local rooms = redis.call('HLEN', B .. ':rooms')
local users = redis.call('HLEN', B .. ':users')
local clients = redis.call('HLEN', B .. ':clients')
return { rooms, users, clients, redis.call('ZCARD', B .. ':ever'),
  list(B .. ':rooms', rooms), list(B .. ':clients', clients), list(B .. ':users', users) }
