-- Puts messages of which something is due back into the stream.
-- KEYS[1]  P:offline-later
-- ARGV     1 prefix    2 at most so many
-- Returns  how many
-- include lib/now.lua
local due = redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', now_ms(), 'LIMIT', 0, ARGV[2])
for _, member in ipairs(due) do
  local nsp, id = string.match(member, '^(.*) (%d+)$')
  redis.call('ZREM', KEYS[1], member)
  redis.call('XADD', ARGV[1] .. 'offline', '*', 'n', nsp, 'i', id, 'd', '1')
end
return #due
