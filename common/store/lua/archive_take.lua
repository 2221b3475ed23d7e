-- Takes entries of the logs of namespaces for the archive, of each in turn the next ones, those that
-- have waited longest first.
-- KEYS[1]  P:archive-due
-- ARGV     1 prefix    2 consumer    3 how many entries at most    4 of one namespace at a time
--          5 bytes of events after which it is enough
-- Returns  for each namespace its name, then how many messages were trimmed from the log before they were
--          read, and the entries as lib/archive_entries.lua says
-- include lib/now.lua
-- include lib/archive.lua
-- include lib/archive_entries.lua
local due, prefix, consumer, want, bytes = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[5])

local function read(B, count)
  local log = B .. ':log'
  local reply = redis.pcall('XREADGROUP', 'GROUP', 'archive', consumer, 'COUNT', count, 'STREAMS', log, '>')
  if reply and reply.err and redis.call('EXISTS', log) == 1 then
    redis.call('XGROUP', 'CREATE', log, 'archive', '0')
    reply = redis.call('XREADGROUP', 'GROUP', 'archive', consumer, 'COUNT', count, 'STREAMS', log, '>')
  end
  return reply and reply[1] and reply[1][2] or {}
end

-- Ids have no gaps, unless they began anew.
local function lost(B, first, last)
  local before = tonumber(redis.call('HGET', B .. ':archive', 'last'))
  redis.call('HSET', B .. ':archive', 'last', last)
  return before and first > before + 1 and first - before - 1 or 0
end

local out = {}
while want > 0 and bytes > 0 do
  local first = redis.call('ZPOPMIN', due)
  local nsp = first[1]
  if not nsp then
    break
  end
  local B, count = prefix .. '{' .. nsp .. '}', math.min(want, tonumber(ARGV[4]))
  local entries, messages = read(B, count), {}
  if #entries == count then
    redis.call('ZADD', due, 'NX', string.format('%.0f', now_ms()), nsp)
  end
  if #entries > 0 then
    archive_entries(B, entries, messages)
    local missing = lost(B, tonumber(messages[2]), tonumber(messages[#messages - 5]))
    if missing > 0 then
      redis.call('HINCRBY', prefix .. 'archive', 'lost', missing)
    end
    out[#out + 1] = nsp
    out[#out + 1] = { string.format('%.0f', missing), unpack(messages) }
    for i = 6, #messages, 7 do
      bytes = bytes - #messages[i] - #messages[i + 1]
    end
    want = want - #entries
  end
end
return out
