-- Extends a connector's lease, and drops the inbox entries it has read.
-- KEYS[1]  P:nodes
-- ARGV     1 owner    2 prefix    3 lease (ms)    4 number of the last inbox entry it read
-- Returns  a list: 0 when the connector was declared dead; else 1, the number of the last entry
--          of its inbox, the time (ms), how many connectors are alive, then owners whose lease has
--          run out (at most 16)
-- include lib/now.lua
local owner, prefix = ARGV[1], ARGV[2]
local inbox = prefix .. 'inbox:' .. owner
-- a lease that ends at 0 is that of a connector being reaped
local lease = tonumber(redis.call('ZSCORE', KEYS[1], owner) or 0)
if lease == 0 or redis.call('EXISTS', inbox) == 0 then
  return { 0 }
end
local now = now_ms()
redis.call('ZADD', KEYS[1], now + ARGV[3], owner)
redis.call('PEXPIRE', inbox, 3600000)
redis.call('XTRIM', inbox, 'MINID', ARGV[4] .. '-0')
local seq = tonumber(redis.call('HGET', prefix .. 'inbox-seq', owner) or 0)
return { 1, seq, now, redis.call('ZCOUNT', KEYS[1], '(' .. string.format('%.0f', now), '+inf'),
  unpack(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now, 'LIMIT', 0, 16)) }
