-- One message record and who acknowledged it.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 id    2 '1' to list the clients    3 a platform with this many is not listed
-- Returns  { record, web, ios, android }: fields and values, then client ids or { '$$' };
--          nil when there is no such message
local B, id = KEYS[1], ARGV[1]

local record = redis.call('HGETALL', B .. ':msg:' .. id)
if #record == 0 then
  return false
end
local reply = { record, {}, {}, {} }
if ARGV[2] == '1' then
  for i, platform in ipairs({ 'web', 'ios', 'android' }) do
    local acked = B .. ':ack:' .. id .. ':' .. platform
    if redis.call('SCARD', acked) >= tonumber(ARGV[3]) then
      reply[i + 1] = { '$$' }
    else
      reply[i + 1] = redis.call('SMEMBERS', acked)
    end
  end
end
return reply
