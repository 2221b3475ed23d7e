-- Notes when an API token was used, unless it has been revoked.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 id
-- Returns  1, or 0
-- include lib/now.lua
local B = KEYS[1]
if redis.call('HEXISTS', B .. ':tokens', ARGV[1]) == 0 then
  return 0
end
redis.call('HSET', B .. ':tokens-used', ARGV[1], now_text())
return 1
