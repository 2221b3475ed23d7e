-- Takes a client out of everything, unless another connection holds it by now: then only the
-- connector's routes change.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 owner    2 client    3 serial    4 prefix    5 inbox limit    6 reason
--          7 how many disconnect callbacks may wait
--          8.. pairs: room, '1' when the connector has no other member there
-- Returns  1, or 0 when another connection holds it or none does
-- include lib/archive_client.lua
-- include lib/callback.lua
-- include lib/inbox.lua
-- include lib/now.lua
-- include lib/presence.lua
-- include lib/people.lua
-- include lib/route.lua
local B, owner, client = KEYS[1], ARGV[1], ARGV[2]
routes_off(B, owner, ARGV, 8)
local held = redis.call('HGET', B .. ':clients', client)
if not holds(held, owner, ARGV[3]) then
  return 0
end
local nsp = string.match(B, '{(.*)}$')
for _, room in ipairs(forget(B, nsp, client, held)) do
  people_leave(B, nsp, client, held, room, true, { ARGV[4], ARGV[5] })
end
note_off(B, client, now_text(), ARGV[6])
local userid, platform = identity(nsp, client, held)
callback_gone(B, nsp, client, userid, ARGV[7])
archive_client(ARGV[4], nsp, client, userid, platform, ARGV[6])
return 1
