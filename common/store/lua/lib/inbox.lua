-- Adds one entry to an inbox that is there. Ids go up by one, so that the reader sees a gap when the
-- stream was trimmed before it was read.
-- prefix: redis_prefix; owner: <node_id>.<epoch>; max: about how many entries are kept.
local function inbox_put(prefix, owner, max, ...)
  local n = redis.call('HINCRBY', prefix .. 'inbox-seq', owner, 1)
  redis.call('XADD', prefix .. 'inbox:' .. owner, 'MAXLEN', '~', max, n .. '-0', ...)
end

-- The same for any connector; an inbox that is gone is not made again.
-- Returns true, or false when that connector has no inbox (any more).
local function inbox_add(prefix, owner, max, ...)
  if redis.call('EXISTS', prefix .. 'inbox:' .. owner) == 0 then
    return false
  end
  inbox_put(prefix, owner, max, ...)
  return true
end

-- The same for all connectors in some routes, once for each; those without an inbox lose their
-- routes. there: a table that remembers for further calls who has one.
local function inbox_add_all(prefix, routes, there, max, ...)
  local done = #routes > 1 and {}
  for _, route in ipairs(routes) do
    for _, owner in ipairs(redis.call('HKEYS', route)) do
      if there[owner] == nil then
        there[owner] = redis.call('EXISTS', prefix .. 'inbox:' .. owner) == 1
      end
      if not there[owner] then
        redis.call('HDEL', route, owner)
      elseif not done or not done[owner] then
        inbox_put(prefix, owner, max, ...)
        if done then
          done[owner] = true
        end
      end
    end
  end
end
