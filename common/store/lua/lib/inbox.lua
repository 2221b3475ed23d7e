-- Adds one entry to a connector's inbox. Ids go up by one, so that the reader sees a gap when the
-- stream was trimmed before it was read. An inbox that is gone is not made again.
-- prefix: redis_prefix; owner: <node_id>.<epoch>; max: about how many entries are kept.
-- Returns true, or false when that connector has no inbox (any more).
local function inbox_add(prefix, owner, max, ...)
  local key = prefix .. 'inbox:' .. owner
  if redis.call('EXISTS', key) == 0 then
    return false
  end
  local n = redis.call('HINCRBY', prefix .. 'inbox-seq', owner, 1)
  redis.call('XADD', key, 'MAXLEN', '~', max, n .. '-0', ...)
  return true
end
