-- Accepts pushes of one namespace: gives each an id, stores its record, and puts it into the inbox
-- of every connector that holds a member of its room, or of one of its rooms.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 prefix       2 rev: of the settings the caller checked the password with, '' for a
--                            caller that was let in by the namespace
--          3 list limit   4 log limit    5 inbox limit
--          6 idempotency key, '' for none    7 hash of the request that came with the key
--          8 how long the key is remembered (s)
--          9 how many messages may wait for offline delivery
--          10.. the messages, of each: place in the request, room, others: further rooms as a JSON
--               array or '', except: a client id, or '=' and the one that alone gets it, or '', '1'
--               to deliver it to nobody online, expire (s), '1' for offline delivery, event text up
--               to where ,"sendDate":<ms>,"id":<id>}] follows, for the archive what the log does not
--               have of it as a JSON object or '', how many arguments follow: further fields of the
--               record, name and value
-- Returns  for each message its id, 0 when the namespace's limit does not allow it, -1 when too many
--          wait for offline delivery; in a namespace with a limit then the four numbers of
--          lib/allow.lua; all as texts.
--          Or the error STALE (settings changed), GONE (no such namespace), OFFLINE, REUSED (the
--          key came with another request before)
-- What was accepted under a key is not accepted again: it has the id of the first time.
-- include lib/inbox.lua
-- include lib/archive.lua
-- include lib/allow.lua
-- include lib/stat.lua
local B, prefix = KEYS[1], ARGV[1]

local conf = redis.call('HMGET', B .. ':conf', 'rev', 'offline', 'limit_pushes_per_second')
if not conf[1] then
  return redis.error_reply('GONE')
end
if ARGV[2] ~= '' and conf[1] ~= ARGV[2] then
  return redis.error_reply('STALE')
end
if conf[2] == 'on' then
  return redis.error_reply('OFFLINE')
end

local starts, reply = {}, {}
local at = 10
while at <= #ARGV do
  starts[#starts + 1] = at
  at = at + 10 + ARGV[at + 9]
end

local sent, known, fresh = nil, nil, #starts
if ARGV[6] ~= '' then
  sent = B .. ':sent:' .. ARGV[6]
  local names = { 'request' }
  for i, first in ipairs(starts) do
    names[i + 1] = ARGV[first]
  end
  local ids = redis.call('HMGET', sent, unpack(names))
  known = ids[1]
  if known and known ~= ARGV[7] then
    return redis.error_reply('REUSED')
  end
  for i = 1, #starts do
    if ids[i + 1] then
      reply[i] = ids[i + 1]
      fresh = fresh - 1
    end
  end
  -- The key must not go away between the calls of one request.
  if known and redis.call('TTL', sent) < 60 then
    redis.call('EXPIRE', sent, 60)
  end
end

for i, first in ipairs(starts) do
  if ARGV[first + 6] == '1' and not reply[i] and redis.call('XLEN', prefix .. 'offline') >= tonumber(ARGV[9]) then
    reply[i] = '-1'
    fresh = fresh - 1
  end
end

local t = redis.call('TIME')
local now = t[1] .. string.format('%03d', math.floor(t[2] / 1000))
local count, limit = fresh, nil
if conf[3] then
  count, limit = allow(B .. ':pushing', tonumber(conf[3]), t[1] * 1000000 + t[2], fresh)
end

local nsp = string.match(B, '{(.*)}$')
local there, new, places, archived = {}, {}, {}, false
local id = count > 0 and redis.call('INCRBY', B .. ':seq', count) - count
for i, first in ipairs(starts) do
  if not reply[i] and #new == count then
    reply[i] = '0'
  elseif not reply[i] then
    id = id + 1
    -- Redis itself makes texts of numbers slowly.
    local name = tostring(id)
    local room, others, except = ARGV[first + 1], ARGV[first + 2], ARGV[first + 3]
    local msg = B .. ':msg:' .. name
    reply[i] = name
    new[#new + 1] = name
    if sent then
      places[#places + 1] = ARGV[first]
      places[#places + 1] = name
    end
    redis.call('HSET', msg, 'id', name, 'room', room, 'sendDate', now, 'ackCount', '0', 'ackIOSCount', '0',
      'ackAndroidCount', '0', 'ackWebCount', '0', unpack(ARGV, first + 10, first + 9 + ARGV[first + 9]))
    redis.call('EXPIRE', msg, ARGV[first + 5])

    local entry = { 'n', nsp, 'r', room, 'i', name, 'x', except, 'e',
      ARGV[first + 7] .. ',"sendDate":' .. now .. ',"id":' .. name .. '}]' }
    local routes = { B .. ':route:' .. room }
    if others ~= '' then
      entry[11], entry[12] = 'o', others
      for _, other in ipairs(cjson.decode(others)) do
        routes[#routes + 1] = B .. ':route:' .. other
      end
    end
    local lost, last = ARGV[first + 4] == '1', #entry
    if lost then
      entry[last + 1], entry[last + 2] = 'l', '1'
    end
    local tail = #entry
    if ARGV[first + 8] ~= '' then
      entry[tail + 1], entry[tail + 2] = 'a', ARGV[first + 8]
      archived = true
    end
    local position = redis.call('XADD', B .. ':log', 'MAXLEN', '~', ARGV[4], '*', unpack(entry, 3))
    if ARGV[first + 6] == '1' then
      redis.call('XADD', prefix .. 'offline', '*', 'n', nsp, 'i', name)
    end
    if not lost then
      entry[last + 1], entry[last + 2] = 'l', position
      inbox_add_all(prefix, routes, there, ARGV[5], 'k', 'push', unpack(entry))
    end
  end
end

if count > 0 then
  redis.call('LPUSH', B .. ':msgs', unpack(new))
  redis.call('LTRIM', B .. ':msgs', 0, ARGV[3] - 1)
  stat_add(B, now, 'p', count)
  if archived and archive_on(prefix) then
    redis.call('ZADD', prefix .. 'archive-due', 'NX', now, nsp)
  end
  if sent then
    redis.call('HSET', sent, 'request', ARGV[7], unpack(places))
    if not known then
      redis.call('EXPIRE', sent, ARGV[8])
    end
  end
end
for _, number in ipairs(limit or {}) do
  reply[#reply + 1] = number
end
return reply
