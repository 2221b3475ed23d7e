-- Sends clients away: tells the connectors that hold them, and has them refused for a while.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 prefix    2 inbox limit    3 event text that each of them gets at the end
--          4 for how many seconds they are refused; '0': not any more, '': as before
--          5 'id', 'userid' or 'room'    6 a client id, a user id, a room
--          7 platform: of a user and of a room, those clients only
--          8 page size    9 cursor, '0' at first
-- Returns  { next cursor ('0' after the last page), ids of the clients told... }; or the error GONE
-- include lib/inbox.lua
-- include lib/kicked.lua
-- include lib/presence.lua
local B, event, by, name = KEYS[1], ARGV[3], ARGV[5], ARGV[6]
if redis.call('EXISTS', B .. ':conf') == 0 then
  return redis.error_reply('GONE')
end

local cursor, clients = '0', { name }
if by ~= 'id' then
  local room = by == 'userid' and 'user_' .. name or name
  local page = redis.call('SSCAN', B .. ':room:' .. room .. ':on:' .. ARGV[7], ARGV[9], 'COUNT', ARGV[8])
  cursor, clients = page[1], page[2]
end
if by == 'userid' then
  kicked_set(B, 'user_' .. name, ARGV[4], event)
end

local nsp, by_owner, told = string.match(B, '{(.*)}$'), {}, { cursor }
for _, client in ipairs(clients) do
  local held = redis.call('HGET', B .. ':clients', client)
  -- Others may be in a user's room.
  local meant = by ~= 'userid' or held and identity(nsp, client, held) == name
  if meant and by ~= 'userid' then
    kicked_set(B, client, ARGV[4], event)
  end
  if held and meant then
    local owner, serial = string.match(held, '^(.-)/(%d+)/')
    by_owner[owner] = by_owner[owner] or {}
    table.insert(by_owner[owner], client)
    table.insert(by_owner[owner], serial)
  end
end
for owner, list in pairs(by_owner) do
  if inbox_add(ARGV[1], owner, ARGV[2], 'k', 'expel', 'n', nsp, 'c', cjson.encode(list), 'e', event) then
    for i = 1, #list, 2 do
      told[#told + 1] = list[i]
    end
  end
end
return told
