-- Puts disconnect callbacks whose next try is due back into the stream.
-- KEYS[1]  P:callbacks-later
-- ARGV     1 prefix    2 at most so many
-- Returns  { how many, how many callbacks were ever lost because too many waited }
-- include lib/callback.lua
-- include lib/now.lua
local prefix = ARGV[1]
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now_ms(), 'LIMIT', 0, ARGV[2])
for _, packed in ipairs(due) do
  redis.call('ZREM', KEYS[1], packed)
  callback_requeue(prefix, cjson.decode(packed))
end
return { #due, tonumber(redis.call('GET', prefix .. 'callbacks-lost') or 0) }
