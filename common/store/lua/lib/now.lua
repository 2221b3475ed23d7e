-- Milliseconds since 1970 by the clock of Redis, the one clock all programs share. As a text, since
-- Redis itself makes texts of numbers slowly. One time for the whole script.
local now_known
local function now_text()
  if not now_known then
    local t = redis.call('TIME')
    now_known = t[1] .. string.sub('00000' .. t[2], -6, -4)
  end
  return now_known
end

local function now_ms()
  return tonumber(now_text())
end
