-- Puts some clients of one connector into a room, or takes them out of it; those that another
-- connection holds by now stay as they are.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 owner    2 prefix    3 inbox limit    4 room    5 '1': in, '': out
--          6 '1': out, and the connector has no other member there
--          7.. pairs: client, serial
-- Returns  1
-- include lib/inbox.lua
-- include lib/now.lua
-- include lib/presence.lua
-- include lib/later.lua
-- include lib/room_in.lua
-- include lib/people.lua
-- include lib/route.lua
local B, owner, room, inside, to = KEYS[1], ARGV[1], ARGV[4], ARGV[5] == '1', { ARGV[2], ARGV[3] }
local nsp, now = string.match(B, '{(.*)}$'), now_text()
if inside and redis.call('EXISTS', B .. ':conf') == 1 then
  route_on(B, owner, room)
end
routes_off(B, owner, { room, ARGV[6] }, 1)
for i = 7, #ARGV, 2 do
  local client = ARGV[i]
  local held = redis.call('HGET', B .. ':clients', client)
  if holds(held, owner, ARGV[i + 1]) then
    local userid, platform = identity(nsp, client, held)
    if inside and room_in(B, client, userid, platform, room, now) then
      people_join(B, nsp, client, held, room, to)
    elseif not inside and room_out(B, client, userid, platform, room) then
      people_leave(B, nsp, client, held, room, false, to)
    end
  end
end
later_write()
return 1
