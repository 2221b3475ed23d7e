-- What the archive had of a namespace that was cleared is removed.
-- KEYS[1]  P:archive-flush
-- ARGV     1 namespace    2 when it was asked for (ms)
-- Returns  1; 0: it was asked for again
if redis.call('ZSCORE', KEYS[1], ARGV[1]) ~= ARGV[2] then
  return 0
end
return redis.call('ZREM', KEYS[1], ARGV[1])
