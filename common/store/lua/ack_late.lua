-- Records the acknowledgement of a message that the connector does not remember: it counts when
-- the client was in the message's room by the time it was sent, and was not left out.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 message id    2 platform    3 client
-- Returns  1, or 0 when it does not count
-- include lib/ack.lua
local B, id, platform, client = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local msg = redis.call('HMGET', B .. ':msg:' .. id, 'room', 'sendDate', 'except')
if not msg[1] or msg[3] == client then
  return 0
end
local since = redis.call('ZSCORE', B .. ':room:' .. msg[1] .. ':ever:' .. platform, client)
if not since or tonumber(since) > tonumber(msg[2]) then
  return 0
end
return ack_add(B, id, platform, ARGV, 3, 3)
