-- Takes over what other consumers have read from the logs of some namespaces and not written, and
-- sees to it that logs with unread entries are on the list of those that have.
-- KEYS[1]  P:namespaces
-- ARGV     1 prefix    2 consumer    3 first of the namespaces to look at (its rank)    4 how many
--          5 entries are taken over after so long (ms)    6 how many of a namespace at most
-- Returns  the number of namespaces looked at; then as archive_take.lua, with 0 for those trimmed
-- include lib/now.lua
-- include lib/archive.lua
-- include lib/archive_entries.lua
local prefix, consumer, from = ARGV[1], ARGV[2], tonumber(ARGV[3])
local IDLE = 3600000

local function pairs_of(list)
  local out = {}
  for i = 1, #list, 2 do
    out[list[i]] = list[i + 1]
  end
  return out
end

-- A worker that is gone left its name behind.
local function forget_consumers(log)
  for _, info in ipairs(redis.call('XINFO', 'CONSUMERS', log, 'archive')) do
    local c = pairs_of(info)
    if c.pending == 0 and c.idle > IDLE then
      redis.call('XGROUP', 'DELCONSUMER', log, 'archive', c.name)
    end
  end
end

-- The entries that nobody has written for long, and how many more of them were trimmed from the log.
-- Not by XAUTOCLAIM: that takes what was trimmed also from who has it in hand and will write it.
local function take_over(log)
  local ids, entries, there = {}, {}, {}
  for i, old in ipairs(redis.call('XPENDING', log, 'archive', 'IDLE', ARGV[5], '-', '+', ARGV[6])) do
    ids[i] = old[1]
  end
  for _, entry in pairs(#ids > 0 and redis.call('XCLAIM', log, 'archive', consumer, ARGV[5], unpack(ids)) or {}) do
    if entry then -- Redis 6.2 has false for what was trimmed, and keeps it pending
      entries[#entries + 1] = entry
      there[entry[1]] = true
    end
  end
  for _, id in ipairs(ids) do
    if not there[id] then
      redis.call('XACK', log, 'archive', id)
    end
  end
  return entries, #ids - #entries
end

local nsps = redis.call('ZRANGE', KEYS[1], from, from + ARGV[4] - 1)
local out = { tostring(#nsps) }
for _, nsp in ipairs(nsps) do
  local B = prefix .. '{' .. nsp .. '}'
  local log, group = B .. ':log', nil
  if redis.call('EXISTS', log) == 1 then
    for _, info in ipairs(redis.call('XINFO', 'GROUPS', log)) do
      local g = pairs_of(info)
      group = g.name == 'archive' and g or group
    end
    if not group or group.lag ~= 0 then
      redis.call('ZADD', prefix .. 'archive-due', 'NX', string.format('%.0f', now_ms()), nsp)
    end
  end
  if group and group.pending > 0 then
    local entries, missing = take_over(log)
    if #entries > 0 then
      local messages = {}
      archive_entries(B, entries, messages)
      out[#out + 1] = nsp
      out[#out + 1] = { '0', unpack(messages) }
    end
    if missing > 0 then
      redis.call('HINCRBY', prefix .. 'archive', 'lost', missing)
    end
  elseif group and group.consumers > 1 then
    forget_consumers(log)
  end
end
return out
