-- Takes a client out of everything, unless another connection holds it by now: then only the
-- connector's routes change.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 owner    2 client    3 serial
--          4.. pairs: room, '1' when the connector has no other member there
-- Returns  1, or 0 when another connection holds it or none does
-- include lib/presence.lua
-- include lib/route.lua
local B, owner, client = KEYS[1], ARGV[1], ARGV[2]
routes_off(B, owner, ARGV, 4)
local held = redis.call('HGET', B .. ':clients', client)
if not holds(held, owner, ARGV[3]) then
  return 0
end
forget(B, string.match(B, '{(.*)}$'), client, held)
return 1
