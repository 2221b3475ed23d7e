-- What has become of a message, for all or for one device.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 id    2 client, '' for all
-- Returns  { record: fields and values; '1': the client has acknowledged it; what offline delivery
--          did for the client, as lines (see lib/offline.lua); the time (ms) }; nil when there is no
--          such message
local B, id, client = KEYS[1], ARGV[1], ARGV[2]
local record = redis.call('HGETALL', B .. ':msg:' .. id)
if #record == 0 then
  return false
end
local acked, lines = '', ''
if client ~= '' then
  for _, platform in ipairs({ 'web', 'ios', 'android' }) do
    if redis.call('SISMEMBER', B .. ':ack:' .. id .. ':' .. platform, client) == 1 then
      acked = '1'
    end
  end
  lines = redis.call('HGET', B .. ':offline:' .. id, client) or ''
end
local t = redis.call('TIME')
return { record, acked, lines, t[1] .. string.format('%03d', math.floor(t[2] / 1000)) }
