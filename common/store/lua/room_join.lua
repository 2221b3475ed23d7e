-- Puts a client into rooms. When another connection holds it by now, only the connector's routes
-- are written: its farewell will take them back.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 owner    2 client    3 serial    4 prefix    5 inbox limit    6.. rooms
-- Returns  1, or 0 when another connection holds it or none does
-- include lib/conf.lua
-- include lib/inbox.lua
-- include lib/now.lua
-- include lib/presence.lua
-- include lib/at_once.lua
-- include lib/room_in.lua
-- include lib/people.lua
-- include lib/route.lua
local B, owner, client = KEYS[1], ARGV[1], ARGV[2]
if not is_there(B) then
  return 0
end
for i = 6, #ARGV do
  if once(ARGV[i]) then
    route_on(B, owner, ARGV[i])
  end
end
local held = redis.call('HGET', B .. ':clients', client)
if not holds(held, owner, ARGV[3]) then
  for i = 6, #ARGV do
    route_left(B, owner, ARGV[i])
  end
  return 0
end
local nsp, now = string.match(B, '{(.*)}$'), now_text()
local userid, platform = identity(nsp, client, held)
for i = 6, #ARGV do
  if room_in(B, client, userid, platform, ARGV[i], now) then
    people_join(B, nsp, client, held, ARGV[i], { ARGV[4], ARGV[5] })
  end
end
return 1
