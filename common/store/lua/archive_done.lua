-- Entries of a namespace's log are in the archive: nobody need hold them any more, and the log is
-- trimmed to its usual length, but not beyond the first that is not there yet.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 log limit    2.. ids of entries
-- Returns  1
local log, limit = KEYS[1] .. ':log', tonumber(ARGV[1])
redis.pcall('XACK', log, 'archive', unpack(ARGV, 2))

-- The message id of the first entry from one on; nil: there is none.
local function message_at(id)
  local entry = redis.call('XRANGE', log, id, '+', 'COUNT', 1)[1]
  for i = 1, entry and #entry[2] or 0, 2 do
    if entry[2][i] == 'i' then
      return tonumber(entry[2][i + 1])
    end
  end
end

if redis.call('XLEN', log) <= limit + limit / 10 then
  return 1
end
local pending = redis.pcall('XPENDING', log, 'archive')
if pending.err then
  return 1
end
local first = pending[1] > 0 and pending[2]
for _, info in ipairs(redis.call('XINFO', 'GROUPS', log)) do
  for i = 1, #info, 2 do
    if info[2] == 'archive' and info[i] == 'last-delivered-id' and not first then
      first = '(' .. info[i + 1]
    end
  end
end
-- Ids have no gaps, so they tell how many entries there are from the first unwritten one on.
local oldest, newest = first and message_at(first), tonumber(redis.call('GET', KEYS[1] .. ':seq'))
local needed = oldest and newest and newest - oldest + 1 or 0
if needed >= 0 then
  -- All that may go, some 5 us for a hundred: with the usual bound of 10000 a log would keep the rest
  -- until somebody pushes again.
  redis.call('XTRIM', log, 'MAXLEN', '~', math.max(limit, needed), 'LIMIT', 0)
end
return 1
