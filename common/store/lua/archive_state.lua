-- A worker keeps the archive: says so to the scripts that write for it.
-- KEYS[1]  P:archive
-- ARGV     1 prefix    2 '1': the coming and going of clients is wanted, too
-- Returns  how many messages were trimmed from logs before they were read, since ever; how many
--          namespaces have unread entries, and for how long the first of them has waited (ms); how
--          many messages wait for their counts; how many entries P:archive-clients has
-- include lib/now.lua
local key, prefix, now = KEYS[1], ARGV[1], now_ms()
redis.call('HSET', key, 'clients', ARGV[2], 'time', string.format('%.0f', now))
redis.call('EXPIRE', key, 604800)
local first = redis.call('ZRANGE', prefix .. 'archive-due', 0, 0, 'WITHSCORES')
return {
  redis.call('HGET', key, 'lost') or '0',
  tostring(redis.call('ZCARD', prefix .. 'archive-due')),
  string.format('%.0f', first[2] and math.max(0, now - first[2]) or 0),
  tostring(redis.call('ZCARD', prefix .. 'archive-counts')),
  tostring(redis.call('XLEN', prefix .. 'archive-clients')),
}
