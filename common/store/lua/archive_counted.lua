-- The counts that archive_counts.lua gave are written: their marks go, and what was kept beside, unless
-- they have changed since.
-- KEYS[1]  P:archive-counts
-- ARGV     1 the score that it returned    2.. marks, "<namespace> <message id>"
-- Returns  1
local last = string.gsub(KEYS[1], 'counts$', 'last')
for i = 2, #ARGV do
  if redis.call('ZSCORE', KEYS[1], ARGV[i]) == ARGV[1] then
    redis.call('ZREM', KEYS[1], ARGV[i])
    redis.call('HDEL', last, ARGV[i])
  end
end
return 1
