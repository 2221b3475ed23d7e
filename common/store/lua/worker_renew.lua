-- A worker's life says that it lives. Claims of lives whose lease has ended are free again.
-- KEYS[1]  P:workers
-- ARGV     1 life: <node_id>.<time it began>    2 lease (ms)
-- Returns  the time (ms)
-- include lib/now.lua
local now = now_ms()
if redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1]) == 1 then
  -- new: an earlier life of the same worker is over
  local node = string.match(ARGV[1], '^(.*%.)')
  for _, life in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1)) do
    if life ~= ARGV[1] and string.sub(life, 1, #node) == node then
      redis.call('ZREM', KEYS[1], life)
    end
  end
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 3600000)
end
return now
