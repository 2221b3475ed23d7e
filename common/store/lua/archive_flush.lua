-- A namespace was cleared or flushed: what the archive has of it is to be removed.
-- KEYS[1]  P:archive-flush
-- ARGV     1 namespace
-- Returns  1
-- include lib/now.lua
redis.call('ZADD', KEYS[1], string.format('%.0f', now_ms()), ARGV[1])
return 1
