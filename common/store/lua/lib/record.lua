-- Sets fields of a client's record: pairs of field and value from ARGV[2] on, an empty value takes
-- the field away. lib/place.lua and lib/tokens.lua must be there.
-- Returns false when that would be too many tokens; then nothing is changed.
local function record_set(B, client)
  local record = B .. ':client:' .. client
  if not tokens_fit(record) then
    return false
  end
  for i = 2, #ARGV, 2 do
    if ARGV[i + 1] == '' then
      redis.call('HDEL', record, ARGV[i])
    else
      redis.call('HSET', record, ARGV[i], ARGV[i + 1])
    end
    if ARGV[i] == 'longitude' and ARGV[i + 1] ~= '' then
      -- From now on client_on.lua looks for places.
      redis.call('HSETNX', B .. ':conf', 'placed', '1')
    end
  end
  if redis.call('HEXISTS', B .. ':clients', client) == 1 then
    place(B, client)
  end
  return true
end
