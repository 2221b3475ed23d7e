-- Puts a client into rooms. When another connection holds it by now, only the connector's routes
-- are written: its farewell will take them back.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 owner    2 client    3 serial    4.. rooms
-- Returns  1, or 0 when another connection holds it or none does
-- include lib/now.lua
-- include lib/presence.lua
-- include lib/route.lua
local B, owner, client = KEYS[1], ARGV[1], ARGV[2]
for i = 4, #ARGV do
  route_on(B, owner, ARGV[i])
end
local held = redis.call('HGET', B .. ':clients', client)
if not holds(held, owner, ARGV[3]) then
  return 0
end
local userid, platform = identity(string.match(B, '{(.*)}$'), client, held)
local now = now_ms()
for i = 4, #ARGV do
  room_in(B, client, userid, platform, ARGV[i], now)
end
return 1
