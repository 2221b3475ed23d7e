-- Takes an API token of a namespace away. The settings have another revision from then on, so that
-- no push goes out on what an API process remembers of it.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 id
-- Returns  1, or 0 when there is none
-- include lib/rev.lua
local B = KEYS[1]
redis.call('HDEL', B .. ':tokens-used', ARGV[1])
if redis.call('HDEL', B .. ':tokens', ARGV[1]) == 0 then
  return 0
end
local rev = redis.call('HGET', B .. ':conf', 'rev')
if rev then
  redis.call('HSET', B .. ':conf', 'rev', next_rev(rev))
end
return 1
