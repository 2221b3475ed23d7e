-- Of some clients (at most a few thousand) those to be removed: not online, and their last connect
-- is before that time (ms).
local function legacy(B, clients, before)
  local found = {}
  if #clients > 0 then
    local last = redis.call('ZMSCORE', B .. ':ever', unpack(clients))
    local held = redis.call('HMGET', B .. ':clients', unpack(clients))
    for i, client in ipairs(clients) do
      if last[i] and tonumber(last[i]) < before and not held[i] then
        found[#found + 1] = client
      end
    end
  end
  return found
end
