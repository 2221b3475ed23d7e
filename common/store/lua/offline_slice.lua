-- Decides for one page of the devices that were ever in a room what becomes of a message they have
-- not acknowledged: it goes to their unread list, or the worker is to send it. Each device is
-- claimed, so that whoever else works on the same message leaves it alone.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 prefix    2 id of the message     3 the worker's life    4 room    5 platform
--          6 cursor, '0' at first              7 page size
--          8 '1': devices of this platform have an unread list        9 its length
--          10 '1': cancel where the user has acknowledged on another device
--          11 inbox limit    12 id of the entry in P:offline, for which this is progress
--          13 number of this call, the same when it is repeated because its answer was lost
-- Returns  { next cursor, '0' after the last page; when one that waits is due (ms), '' for none;
--          how many were stored; then for each device to send to: { client, its lines so far,
--          field of a token, token, ... } }; or GONE: the message has expired, or its namespace is
-- include lib/inbox.lua
-- include lib/now.lua
-- include lib/offline.lua
-- include lib/presence.lua
-- include lib/unread.lua
local B, prefix, id, life, room, platform = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local claim = life .. '/' .. ARGV[13]
local msg = redis.call('HMGET', B .. ':msg:' .. id, 'sendDate', 'except', 'only')
if not msg[1] or redis.call('EXISTS', B .. ':conf') == 0 then
  return redis.status_reply('GONE')
end
local now, left, due = now_ms(), redis.call('PTTL', B .. ':msg:' .. id), nil
local stamp, sent = string.format('%.0f', now), tonumber(msg[1])
local nsp = string.match(B, '{(.*)}$')
local stored, rows = 0, {}
redis.call('HDEL', prefix .. 'offline-tries', ARGV[12])

local function wait_until(ms)
  if not due or ms < due then
    due = ms
  end
end

-- Whether nobody else has decided about the device, or is about to.
local function is_free(lines)
  local word, rest = line_last(lines)
  if word == 'sending' then
    local holder = string.match(rest, '^(.*)/')
    if rest == claim or holder == life then
      return rest == claim
    end
    local lease = tonumber(redis.call('ZSCORE', prefix .. 'workers', holder) or 0)
    if lease > now then
      wait_until(lease)
    end
    return lease <= now
  elseif word == 'retry' then
    local at = tonumber(string.match(rest, '^%d+'))
    if at > now then
      wait_until(at)
      return false
    end
    return true
  end
  return word == nil or word == 'next'
end

local function user_acked(userid)
  for _, other in ipairs({ 'web', 'ios', 'android' }) do
    local devices = redis.call('ZRANGE', B .. ':room:user_' .. userid .. ':ever:' .. other, 0, 99)
    if #devices > 0 then
      for _, acked in ipairs(redis.call('SMISMEMBER', B .. ':ack:' .. id .. ':' .. other, unpack(devices))) do
        if acked == 1 then
          return true
        end
      end
    end
  end
  return false
end

-- It waits for the device; one that has connected since is told to fetch it.
local function store(client, lines, record)
  unread_add(B, client, id, tonumber(ARGV[9]), left)
  stored = stored + 1
  local held = redis.call('HGET', B .. ':clients', client)
  if held and tonumber(record.last_connect_time or 0) > sent - 2000 then
    local owner, serial = string.match(held, '^(.-)/(%d+)/')
    inbox_add(prefix, owner, ARGV[11], 'k', 'unread', 'n', nsp, 'c', client, 's', owner .. '/' .. serial)
  end
  return line_add(lines, stamp, 'stored')
end

-- Fields and tokens of the providers that reach the device.
local function tokens(client, record)
  local found = {}
  for field, value in pairs(record) do
    if field == 'device_token' and platform == 'ios' or string.sub(field, 1, 13) == 'device_token:' then
      found[#found + 1] = field
      found[#found + 1] = value
    end
  end
  if #found > 0 and redis.call('SISMEMBER', B .. ':quiet:' .. client, room) == 1 then
    return {}
  end
  return found
end

local function decide(client, lines)
  local record, fields = {}, redis.call('HGETALL', B .. ':client:' .. client)
  for i = 1, #fields, 2 do
    record[fields[i]] = fields[i + 1]
  end
  if record.leaveMessage == 'false' then
    return
  end
  if ARGV[10] == '1' and record.userId and user_acked(record.userId) then
    lines_put(B, id, client, line_add(lines, stamp, 'cancelled'))
    return
  end
  local before = lines
  if ARGV[8] == '1' and not lines then
    lines = store(client, lines, record)
  end
  local reach = tokens(client, record)
  if #reach > 0 then
    rows[#rows + 1] = { client, before or '', unpack(reach) }
    local _, holder = line_last(lines)
    if holder ~= claim then
      lines = line_add(lines, stamp, 'sending', claim)
    end
  end
  if lines ~= before then
    lines_put(B, id, client, lines)
  end
end

local page = redis.call('ZSCAN', B .. ':room:' .. room .. ':ever:' .. platform, ARGV[6], 'COUNT', ARGV[7])
for i = 1, #page[2], 2 do
  local client = page[2][i]
  if tonumber(page[2][i + 1]) <= sent and client ~= msg[2] and (not msg[3] or client == msg[3])
    and redis.call('SISMEMBER', B .. ':ack:' .. id .. ':' .. platform, client) == 0 then
    local lines = redis.call('HGET', B .. ':offline:' .. id, client)
    if is_free(lines or nil) then
      decide(client, lines or nil)
    end
  end
end
return { page[1], due and string.format('%.0f', due) or '', stored, unpack(rows) }
