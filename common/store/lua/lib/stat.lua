-- Counters of a namespace by the time at which the message in question was accepted (ms), so that
-- what came of the messages of a minute is counted in that minute, whenever it came:
--   B:stat:<day>         by quarter of an hour, since every zone's hours begin with one; 40 days
--   B:stat-minute:<day>  by minute; 8 days
-- <day> is days since 1970 in UTC. A field is what is counted and the number of the quarter or
-- minute in its day: p pushes, o clients they were handed to, w i a acks of web, ios, android,
-- f devices for which a push provider took them over.
local function stat_count(key, field, n, days)
  -- As a text: Redis itself makes texts of numbers slowly.
  if redis.call('HINCRBY', key, field, tostring(n)) == n then
    redis.call('EXPIRE', key, days * 86400)
  end
end

local function stat_add(B, sent, what, n)
  local minute = math.floor(sent / 60000)
  local day, of_day = math.floor(minute / 1440), minute % 1440
  stat_count(B .. ':stat:' .. day, what .. math.floor(of_day / 15), n, 40)
  stat_count(B .. ':stat-minute:' .. day, what .. of_day, n, 8)
end
