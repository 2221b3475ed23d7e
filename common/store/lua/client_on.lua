-- Registers a client and puts it into rooms. Another connection that holds the same client id is
-- taken out first; if another connector has it, that one is told to close it.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 owner     2 prefix    3 inbox limit   4 '1': accepted before, written anew
--          5 client    6 serial    7 user id       8 platform    9.. rooms
-- Returns  DONE; UNKNOWN: no such namespace; OFFLINE: it takes no new clients
-- include lib/inbox.lua
-- include lib/now.lua
-- include lib/presence.lua
-- include lib/route.lua
local B, owner, prefix, client = KEYS[1], ARGV[1], ARGV[2], ARGV[5]
local userid, platform = ARGV[7], ARGV[8]

if redis.call('EXISTS', B .. ':conf') == 0 then
  return redis.status_reply('UNKNOWN')
end
if ARGV[4] ~= '1' and redis.call('HGET', B .. ':conf', 'offline') == 'on' then
  return redis.status_reply('OFFLINE')
end

local nsp = string.match(B, '{(.*)}$')
local mine = holding(owner, ARGV[6], userid)
local held = redis.call('HGET', B .. ':clients', client)
if held and held ~= mine then
  forget(B, nsp, client, held)
  local other = string.match(held, '^(.-)/')
  if other ~= owner then
    inbox_add(prefix, other, ARGV[3], 'k', 'kick', 'n', nsp, 'c', client, 's', string.match(held, '^(.*)/'))
  end
end

local now = now_ms()
if redis.call('HSET', B .. ':clients', client, mine) == 1 then
  redis.call('HINCRBY', B .. ':users', userid, 1)
end
redis.call('SADD', B .. ':node:' .. owner, client)
redis.call('SADD', prefix .. 'node-nsps:' .. owner, nsp)
redis.call('ZADD', B .. ':ever', now, client)
for i = 9, #ARGV do
  route_on(B, owner, ARGV[i])
  room_in(B, client, userid, platform, ARGV[i], now)
end
return redis.status_reply('DONE')
