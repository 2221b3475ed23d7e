-- What the archive needs. It is kept while P:archive exists, which the workers see to.
--   P:archive-due     namespaces whose log has entries that nobody has read, by the time (ms)
--   P:archive-counts  "<namespace> <message id>" whose counts have changed, by when they are due (ms);
--                     below 0: a worker is writing them, and has until then
--   P:archive-last    for such a message that is about to expire, what archive_fields() gives, as JSON

-- How long changes of the counts of a message are collected, and how long a worker may take to
-- write them (ms).
local ARCHIVE_COLLECT, ARCHIVE_TAKEN = 5000, 120000
-- So many changes may wait while it is away; more are not noted.
local ARCHIVE_COUNTS_MAX = 1000000
-- What changes so shortly (ms) before a message expires is kept beside: a worker may come too late.
local ARCHIVE_LAST = 2000

local function archive_prefix(B)
  return string.match(B, '^(.*){')
end

-- Whether an archive is kept.
local archive_is_on
local function archive_on(prefix)
  if archive_is_on == nil then
    archive_is_on = redis.call('EXISTS', prefix .. 'archive') == 1
  end
  return archive_is_on
end

-- The fields of a message's record, and their values, without what the archive has from the log.
local ARCHIVE_SKIP = { pushData = true, namespace = true, room = true, rooms = true, from = true, extra = true }
local function archive_fields(B, id)
  local record, fields = redis.call('HGETALL', B .. ':msg:' .. id), {}
  for i = 1, #record, 2 do
    if not ARCHIVE_SKIP[record[i]] then
      fields[#fields + 1] = record[i]
      fields[#fields + 1] = record[i + 1]
    end
  end
  return fields
end

-- The counts of a message, whose record exists, have changed: they are due some time later, and
-- before it expires. What is waiting already is left alone; of what a worker has taken, below 0, the
-- mark stands anew, so that the worker does not remove it. One with .5 is of a message about to
-- expire.
local function archive_changed(B, id)
  local prefix = archive_prefix(B)
  if not archive_on(prefix) then
    return
  end
  local key, mark = prefix .. 'archive-counts', string.match(B, '{(.*)}$') .. ' ' .. id
  local score = redis.call('ZSCORE', key, mark)
  if not score and redis.call('ZCARD', key) >= ARCHIVE_COUNTS_MAX then
    return
  end
  if not score or string.byte(score) == 45 then
    local t, left = redis.call('TIME'), redis.call('PTTL', B .. ':msg:' .. id)
    local due = t[1] * 1000 + math.floor(t[2] / 1000) + math.min(ARCHIVE_COLLECT, math.floor(math.max(left, 0) / 2))
    score = string.format('%.0f', due) .. (left < ARCHIVE_LAST and '.5' or '')
    redis.call('ZADD', key, score, mark)
  end
  if string.find(score, '.', 1, true) then
    redis.call('HSET', prefix .. 'archive-last', mark, cjson.encode(archive_fields(B, id)))
  end
end
