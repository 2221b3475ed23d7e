-- A worker begins with an entry of P:offline.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 prefix    2 id of the entry    3 id of the message    4 tries without progress after
--          which the entry is given up
-- Returns  { room, rooms as JSON or '', pushData, apnsName or '', cancel_on_ack or '', when it
--          expires (ms) }; GONE: the message has expired, or its namespace is gone; DEAD: given up
-- include lib/now.lua
local B, prefix, entry, id = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local msg = redis.call('HMGET', B .. ':msg:' .. id, 'room', 'rooms', 'pushData', 'apnsName', 'cancel_on_ack')
if not msg[1] or redis.call('EXISTS', B .. ':conf') == 0 then
  return redis.status_reply('GONE')
end
if redis.call('HINCRBY', prefix .. 'offline-tries', entry, 1) > tonumber(ARGV[4]) then
  return redis.status_reply('DEAD')
end
local expires = now_ms() + redis.call('PTTL', B .. ':msg:' .. id)
return { msg[1], msg[2] or '', msg[3] or '', msg[4] or '', msg[5] or '', string.format('%.0f', expires) }
