-- Records the acknowledgement of a message that the connector does not remember: it counts when
-- the client was in one of the message's rooms by the time it was sent, and it was for that client.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 message id    2 platform    3 client
-- Returns  1, or 0 when it does not count
-- include lib/stat.lua
-- include lib/archive.lua
-- include lib/ack.lua
local B, id, platform, client = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local msg = redis.call('HMGET', B .. ':msg:' .. id, 'room', 'sendDate', 'except', 'rooms', 'only')
if not msg[1] or msg[3] == client or msg[5] and msg[5] ~= client then
  return 0
end
for _, room in ipairs(msg[4] and cjson.decode(msg[4]) or { msg[1] }) do
  local since = redis.call('ZSCORE', B .. ':room:' .. room .. ':ever:' .. platform, client)
  if since and tonumber(since) <= tonumber(msg[2]) then
    redis.call('SADD', B .. ':ack:' .. id .. ':' .. platform, client)
    redis.call('ZREM', B .. ':unread:' .. client, id)
    return ack_count(B, id, platform)
  end
end
return 0
