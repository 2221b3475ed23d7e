-- The counts that archive_counts.lua gave are written: their marks go, unless they have changed since.
-- KEYS[1]  P:archive-counts
-- ARGV     1 the score that it returned    2.. marks, "<namespace> <message id>"
-- Returns  1
for i = 2, #ARGV do
  if redis.call('ZSCORE', KEYS[1], ARGV[i]) == ARGV[1] then
    redis.call('ZREM', KEYS[1], ARGV[i])
  end
end
return 1
