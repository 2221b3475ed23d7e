-- What the archive needs. It is kept while P:archive exists, which the workers see to.
--   P:archive-due     namespaces whose log has entries that nobody has read, by the time (ms)
--   P:archive-counts  "<namespace> <message id>" whose counts have changed, by when they are due (ms);
--                     below 0: a worker is writing them, and has until then

-- How long changes of the counts of a message are collected, and how long a worker may take to
-- write them (ms).
local ARCHIVE_COLLECT, ARCHIVE_TAKEN = 5000, 120000
-- So many changes may wait while it is away; more are not noted.
local ARCHIVE_COUNTS_MAX = 1000000

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

-- The counts of a message, whose record exists, have changed: they are due some time later, and
-- before it expires. What is waiting already is left alone; of what a worker has taken, below 0, the
-- mark stands anew, so that the worker does not remove it.
local function archive_changed(B, id)
  local prefix = archive_prefix(B)
  if not archive_on(prefix) then
    return
  end
  local key, mark = prefix .. 'archive-counts', string.match(B, '{(.*)}$') .. ' ' .. id
  local score = redis.call('ZSCORE', key, mark)
  if score and string.byte(score) ~= 45 or not score and redis.call('ZCARD', key) >= ARCHIVE_COUNTS_MAX then
    return
  end
  local t, left = redis.call('TIME'), redis.call('PTTL', B .. ':msg:' .. id)
  local due = t[1] * 1000 + math.floor(t[2] / 1000) + math.min(ARCHIVE_COLLECT, math.floor(math.max(left, 0) / 2))
  redis.call('ZADD', key, string.format('%.0f', due), mark)
end
