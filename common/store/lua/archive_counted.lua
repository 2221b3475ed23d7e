-- The counts that archive_counts.lua gave are written: their marks go, unless they have changed since.
-- KEYS[1]  P:archive-counts
-- ARGV     1 the time that it returned (ms)    2.. marks, "<namespace> <message id>"
-- Returns  1
-- include lib/now.lua
-- include lib/archive.lua
local taken = tonumber(ARGV[1])
-- From then on a change could not be told from the mark.
if now_ms() + ARCHIVE_COLLECT < taken then
  for i = 2, #ARGV do
    if tonumber(redis.call('ZSCORE', KEYS[1], ARGV[i])) == taken then
      redis.call('ZREM', KEYS[1], ARGV[i])
    end
  end
end
return 1
