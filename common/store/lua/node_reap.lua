-- Removes some of what a connector that is gone left: its clients, their rooms, the routes to it;
-- and, when nothing of that is left, its registration. Call it until it returns 0.
-- KEYS[1]  P:nodes
-- ARGV     1 prefix    2 owner    3 at most so many clients
--          4 '1': also while its lease is valid (the caller is a later life of the same node id,
--          or the connector itself that stops)                           5 inbox limit
--          6 how many disconnect callbacks may wait
-- Returns  1: there may be more; 0: nothing left, or its lease is valid
-- include lib/archive_client.lua
-- include lib/callback.lua
-- include lib/now.lua
-- include lib/presence.lua
-- include lib/inbox.lua
-- include lib/people.lua
local prefix, owner = ARGV[1], ARGV[2]
local lease = redis.call('ZSCORE', KEYS[1], owner)
if lease and ARGV[4] ~= '1' and tonumber(lease) > now_ms() then
  return 0
end
-- from here on it can not renew its lease: half reaped it must not go on
redis.call('ZADD', KEYS[1], 'XX', 0, owner)

local nsps = prefix .. 'node-nsps:' .. owner
local nsp = redis.call('SRANDMEMBER', nsps)
if not nsp then
  redis.call('DEL', prefix .. 'inbox:' .. owner)
  redis.call('HDEL', prefix .. 'inbox-seq', owner)
  redis.call('ZREM', KEYS[1], owner)
  return 0
end
local B = prefix .. '{' .. nsp .. '}'
local clients = redis.call('SPOP', B .. ':node:' .. owner, ARGV[3])
for _, client in ipairs(clients) do
  local held = redis.call('HGET', B .. ':clients', client)
  if held and string.sub(held, 1, #owner + 1) == owner .. '/' then
    for _, room in ipairs(forget(B, nsp, client, held)) do
      redis.call('HDEL', B .. ':route:' .. room, owner)
      people_leave(B, nsp, client, held, room, true, { prefix, ARGV[5], owner })
    end
    note_off(B, client, now_text(), 'connector lost')
    local userid, platform = identity(nsp, client, held)
    callback_gone(B, nsp, client, userid, ARGV[6])
    archive_client(prefix, nsp, client, userid, platform, 'connector lost')
  end
end
local left = redis.call('SPOP', B .. ':left:' .. owner, ARGV[3])
for _, room in ipairs(left) do
  redis.call('HDEL', B .. ':route:' .. room, owner)
end
if #clients < tonumber(ARGV[3]) and #left < tonumber(ARGV[3]) then
  redis.call('SREM', nsps, nsp)
end
return 1
