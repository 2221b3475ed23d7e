-- What a namespace uses of its limits now.
-- KEYS[1]  B, the namespace's base key
-- Returns  { clients online, pushes of the last second }; the latter is only known while there is a
--          limit of pushes, and 0 otherwise
-- include lib/now.lua
-- include lib/allow.lua
local B = KEYS[1]
local limit = redis.call('HGET', B .. ':conf', 'limit_pushes_per_second')
local pushes = limit and allow_used(B .. ':pushing', tonumber(limit), now_ms() * 1000) or 0
return { redis.call('HLEN', B .. ':clients'), pushes }
