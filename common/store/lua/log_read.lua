-- Reads on in a namespace's log: what was pushed to rooms of which this connector holds members.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 owner    2 id of the entry to go on behind    3 look at so many entries at most
--          4 '1': say what was trimmed away
-- Returns  a list of texts: id of the last entry looked at, '' at the end of the log; how many messages
--          behind the id in 2 are not in the log any more; then of each message
--          id in the log, message id, room, further rooms as a JSON array or '', except, event
local B, owner, after = KEYS[1], ARGV[1], ARGV[2]
local BYTES_MAX = 262144

-- How many of the messages up to `last` were accepted later than that, by their records.
local function later(last, ms)
  local low, high = 0, last
  while low < high do
    local middle = math.ceil((low + high) / 2)
    local date = redis.call('HGET', B .. ':msg:' .. string.format('%.0f', middle), 'sendDate')
    if (tonumber(date or 0)) > ms then
      high = middle - 1
    else
      low = middle
    end
  end
  return last - low
end

local entries = redis.call('XRANGE', B .. ':log', '(' .. after, '+', 'COUNT', ARGV[3])
local out, here, bytes = { '', '0' }, {}, 0
for n, entry in ipairs(entries) do
  local f = {}
  for i = 1, #entry[2], 2 do
    f[entry[2][i]] = entry[2][i + 1]
  end
  if n == 1 and ARGV[4] == '1' then
    out[2] = string.format('%.0f', later(f.i - 1, tonumber(string.match(after, '^%d+'))))
  end
  local some = false
  for _, room in ipairs({ f.r, unpack(f.o and cjson.decode(f.o) or {}) }) do
    if here[room] == nil then
      here[room] = redis.call('HEXISTS', B .. ':route:' .. room, owner) == 1
    end
    some = some or here[room]
  end
  if some and not f.l then
    for _, text in ipairs({ entry[1], f.i, f.r, f.o or '', f.x, f.e }) do
      out[#out + 1] = text
    end
    bytes = bytes + #f.e
  end
  if bytes >= BYTES_MAX or n == tonumber(ARGV[3]) then
    out[1] = entry[1]
    break
  end
end
return out
