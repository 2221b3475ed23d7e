-- Records acknowledgements of messages whose record still exists.
-- KEYS[1]  B, the namespace's base key
-- ARGV     groups: message id, platform, n, then n client ids
-- Returns  how many were new
-- include lib/stat.lua
-- include lib/archive.lua
-- include lib/ack.lua
local B, i, added = KEYS[1], 1, 0
while i < #ARGV do
  local n = tonumber(ARGV[i + 2])
  local sent = redis.call('HGET', B .. ':msg:' .. ARGV[i], 'sendDate')
  if sent then
    added = added + ack_add(B, ARGV[i], sent, ARGV[i + 1], ARGV, i + 3, i + 2 + n)
  end
  i = i + 3 + n
end
return added
