-- What a namespace uses of its limits now.
-- KEYS[1]  B, the namespace's base key
-- Returns  { clients online, pushes of the last second, bytes sent in a second }; the latter two are
--          only known while there is such a limit, and 0 otherwise
-- include lib/now.lua
-- include lib/allow.lua
local B = KEYS[1]
local limit = redis.call('HGET', B .. ':conf', 'limit_pushes_per_second')
local pushes = limit and allow_used(B .. ':pushing', tonumber(limit), now_ms() * 1000) or 0
-- Connectors tell once a second; of the last two whole ones, one may have no report of some.
local second = redis.call('TIME')[1]
local bytes = 0
for i = 1, 2 do
  bytes = math.max(bytes, tonumber(redis.call('GET', B .. ':bytes:' .. second - i) or 0))
end
return { redis.call('HLEN', B .. ':clients'), pushes, bytes }
