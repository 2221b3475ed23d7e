-- Connectors whose lease has run out.
-- KEYS[1]  P:nodes
-- ARGV     1 at most so many
-- Returns  their owners
-- include lib/now.lua
return redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now_ms(), 'LIMIT', 0, ARGV[1])
