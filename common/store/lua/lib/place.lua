-- Where a client is by its record, as texts; nil when that does not say. Sets of places can not
-- hold what lies beyond 85 degrees, so near the poles it is a bit off.
local function place_of(B, client)
  local at = redis.call('HMGET', B .. ':client:' .. client, 'longitude', 'latitude')
  local longitude, latitude = tonumber(at[1]), tonumber(at[2])
  if not longitude or not latitude or not (longitude >= -180 and longitude <= 180)
    or not (latitude >= -90 and latitude <= 90) then
    return nil
  end
  return string.format('%.7f', longitude), string.format('%.7f', math.max(-85.05, math.min(85.05, latitude)))
end

-- Puts an online client where its record says, for discover.
local function place(B, client)
  local longitude, latitude = place_of(B, client)
  if longitude then
    redis.call('GEOADD', B .. ':geo', longitude, latitude, client)
  else
    redis.call('ZREM', B .. ':geo', client)
  end
end
