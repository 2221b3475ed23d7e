-- A client's record: changes fields of it, or returns it.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 client    2.. pairs: field, value ('' takes it away); none: returns the record
-- Returns  a list, of fields and values when they were asked for; FULL: too many tokens, nothing is
--          changed; or UNKNOWN, OFFLINE: of the namespace
-- include lib/open.lua
-- include lib/place.lua
-- include lib/tokens.lua
-- include lib/record.lua
local B, client = KEYS[1], ARGV[1]
local good, status = open(B)
if not good then
  return status
end
if #ARGV == 1 then
  return redis.call('HGETALL', B .. ':client:' .. client)
end
if not record_set(B, client) then
  return redis.status_reply('FULL')
end
return {}
