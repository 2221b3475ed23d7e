-- Takes messages whose counts have changed, and what they are.
-- KEYS[1]  P:archive-counts
-- ARGV     1 prefix    2 how many at most
-- Returns  the time after which the marks of what is returned are due again (ms), then for each message
--          namespace, message id, its fields and values, those with pushData left out; messages that are gone are forgotten
-- include lib/now.lua
-- include lib/archive.lua
local key, now = KEYS[1], now_ms()
local until_ms = string.format('%.0f', now + ARCHIVE_TAKEN)
local SKIP = { pushData = true, namespace = true, room = true, rooms = true, from = true, extra = true }

local out = { until_ms }
for _, mark in ipairs(redis.call('ZRANGE', key, '-inf', string.format('%.0f', now), 'BYSCORE', 'LIMIT', 0, ARGV[2])) do
  local nsp, id = string.match(mark, '^(.*) (%d+)$')
  local record = redis.call('HGETALL', ARGV[1] .. '{' .. nsp .. '}:msg:' .. id)
  if #record == 0 then
    redis.call('ZREM', key, mark)
  else
    local fields = {}
    for i = 1, #record, 2 do
      if not SKIP[record[i]] then
        fields[#fields + 1] = record[i]
        fields[#fields + 1] = record[i + 1]
      end
    end
    redis.call('ZADD', key, until_ms, mark)
    out[#out + 1] = nsp
    out[#out + 1] = id
    out[#out + 1] = fields
  end
end
return out
