-- Takes messages whose counts have changed, and what they are.
-- KEYS[1]  P:archive-counts
-- ARGV     1 prefix    2 how many at most
-- Returns  the score by which the marks of what is returned are known, then for each message
--          namespace, message id, its fields and values, those with pushData left out; messages that are gone are forgotten
-- include lib/now.lua
-- include lib/archive.lua
local key, now = KEYS[1], now_ms()
local taken = string.format('%.0f', -now - ARCHIVE_TAKEN)
local SKIP = { pushData = true, namespace = true, room = true, rooms = true, from = true, extra = true }

-- Those that are due, and those whose worker had its time.
local marks = redis.call('ZRANGE', key, string.format('(%.0f', -now), string.format('%.0f', now), 'BYSCORE', 'LIMIT', 0, ARGV[2])
local out = { taken }
for _, mark in ipairs(marks) do
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
    redis.call('ZADD', key, taken, mark)
    out[#out + 1] = nsp
    out[#out + 1] = id
    out[#out + 1] = fields
  end
end
return out
