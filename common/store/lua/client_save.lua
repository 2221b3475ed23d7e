-- Sets fields of a client's record, as its namespace's owner wants it.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 client    2.. pairs: field, value; an empty value takes the field away
-- Returns  1; or the error GONE (no such namespace) or FULL (too many tokens)
-- include lib/place.lua
-- include lib/tokens.lua
-- include lib/record.lua
local B = KEYS[1]
if redis.call('EXISTS', B .. ':conf') == 0 then
  return redis.error_reply('GONE')
end
if not record_set(B, ARGV[1]) then
  return redis.error_reply('FULL')
end
return 1
