-- Takes messages whose counts have changed, and what they are.
-- KEYS[1]  P:archive-counts
-- ARGV     1 prefix    2 how many at most
-- Returns  the score by which the marks of what is returned are known, then for each message
--          namespace, message id, its fields and values, those with pushData left out; messages that are
--          gone, and of which nothing is kept beside, are forgotten
-- include lib/now.lua
-- include lib/archive.lua
local key, now = KEYS[1], now_ms()
local taken = string.format('%.0f', -now - ARCHIVE_TAKEN)

-- Those that are due, and those whose worker had its time.
local marks = redis.call('ZRANGE', key, string.format('(%.0f', -now), string.format('%.0f', now), 'BYSCORE', 'LIMIT', 0, ARGV[2])
local out = { taken }
for _, mark in ipairs(marks) do
  local nsp, id = string.match(mark, '^(.*) (%d+)$')
  local fields = archive_fields(ARGV[1] .. '{' .. nsp .. '}', id)
  if #fields == 0 then
    local last = redis.call('HGET', ARGV[1] .. 'archive-last', mark)
    fields = last and cjson.decode(last) or fields
  end
  if #fields == 0 then
    redis.call('ZREM', key, mark)
  else
    redis.call('ZADD', key, taken, mark)
    out[#out + 1] = nsp
    out[#out + 1] = id
    out[#out + 1] = fields
  end
end
return out
