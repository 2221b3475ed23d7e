-- The revision of a namespace's settings that follows one (nil: there was none). It is a time (µs),
-- so that a namespace removed and made again never has an old one.
local function next_rev(rev)
  local t = redis.call('TIME')
  return string.format('%.0f', math.max(t[1] * 1000000 + t[2], tonumber(rev or 0) + 1))
end
