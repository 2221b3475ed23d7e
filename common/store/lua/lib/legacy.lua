-- Whether a client is to be removed: not online, and its last connect is before that time (ms).
local function legacy(B, client, before)
  local last = redis.call('ZSCORE', B .. ':ever', client)
  return last and tonumber(last) < before and redis.call('HEXISTS', B .. ':clients', client) == 0
end
