-- Milliseconds since 1970 by the clock of Redis, the one clock all programs share. As a text, since
-- Redis itself makes texts of numbers slowly.
local function now_text()
  local t = redis.call('TIME')
  return t[1] .. string.sub('00000' .. t[2], -6, -4)
end

local function now_ms()
  return tonumber(now_text())
end
