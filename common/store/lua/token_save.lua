-- Keeps a new API token of a namespace.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 id    2 its record, JSON    3 tokens that there may be
-- Returns  1; or the error GONE (no such namespace), ENOUGH
local B = KEYS[1]
if redis.call('EXISTS', B .. ':conf') == 0 then
  return redis.error_reply('GONE')
end
if redis.call('HLEN', B .. ':tokens') >= tonumber(ARGV[3]) then
  return redis.error_reply('ENOUGH')
end
return redis.call('HSET', B .. ':tokens', ARGV[1], ARGV[2])
