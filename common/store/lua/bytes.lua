-- Counts bytes that a connector has sent to clients of a namespace with a limit of these.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 bytes
-- Returns  1, or 0 when the namespace is gone
local B = KEYS[1]
if redis.call('EXISTS', B .. ':conf') == 0 then
  return 0
end
local key = B .. ':bytes:' .. redis.call('TIME')[1]
redis.call('INCRBY', key, ARGV[1])
redis.call('EXPIRE', key, 5)
return 1
