-- Accepts one push: gives it an id, stores its record, and puts it into the inbox of every
-- connector that holds a member of the room.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 prefix       2 rev: of the settings the caller checked the password with, '' for a
--                            caller that was let in by the namespace
--          3 room         4 except, '' for none      5 lost: '1' delivers to nobody online
--          6 expire (s)   7 list limit    8 log limit    9 inbox limit
--          10 event text up to where ,"sendDate":<ms>,"id":<id>}] follows
--          11 date yyyymmdd    12 hour HH    13 minute HHMM, to count the push under
--          14.. further fields of the record, name and value
-- Returns  the id; or the error STALE (settings changed), GONE (no such namespace), OFFLINE
-- include lib/inbox.lua
local B, prefix, room, except = KEYS[1], ARGV[1], ARGV[3], ARGV[4]

local conf = redis.call('HMGET', B .. ':conf', 'rev', 'offline')
if not conf[1] then
  return redis.error_reply('GONE')
end
if ARGV[2] ~= '' and conf[1] ~= ARGV[2] then
  return redis.error_reply('STALE')
end
if conf[2] == 'on' then
  return redis.error_reply('OFFLINE')
end

local t = redis.call('TIME')
local now = t[1] .. string.format('%03d', math.floor(t[2] / 1000))
local id = redis.call('INCR', B .. ':seq')
local msg = B .. ':msg:' .. id
redis.call('HSET', msg, 'id', id, 'room', room, 'sendDate', now, 'onlineClientCount', 0, 'ackCount', 0,
  'ackIOSCount', 0, 'ackAndroidCount', 0, 'ackWebCount', 0, unpack(ARGV, 14))
redis.call('EXPIRE', msg, ARGV[6])
redis.call('LPUSH', B .. ':msgs', id)
redis.call('LTRIM', B .. ':msgs', 0, ARGV[7] - 1)

local stat = B .. ':stat:' .. ARGV[11]
if redis.call('HINCRBY', stat, 'd', 1) == 1 then
  redis.call('EXPIRE', stat, 40 * 86400)
end
redis.call('HINCRBY', stat, 'h' .. ARGV[12], 1)
redis.call('HINCRBY', stat, 'm' .. ARGV[13], 1)

local event = ARGV[10] .. ',"sendDate":' .. now .. ',"id":' .. id .. '}]'
redis.call('XADD', B .. ':log', 'MAXLEN', '~', ARGV[8], '*', 'i', id, 'r', room, 'x', except, 'e', event)

if ARGV[5] ~= '1' then
  local route = B .. ':route:' .. room
  local nsp = string.match(B, '{(.*)}$')
  for _, owner in ipairs(redis.call('HKEYS', route)) do
    if not inbox_add(prefix, owner, ARGV[9], 'k', 'push', 'n', nsp, 'r', room, 'i', id, 'x', except, 'e', event) then
      redis.call('HDEL', route, owner)
    end
  end
end
return id
