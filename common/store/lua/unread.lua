-- The messages that wait for a device, as the argument of the event offlineMessage, newest first;
-- without those that it has acknowledged meanwhile.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 client    2 about so many bytes at most; one message in any case
-- Returns  { JSON array of message records, their ids with blanks between, '1' when more wait }
local B, client, max = KEYS[1], ARGV[1], tonumber(ARGV[2])
local key = B .. ':unread:' .. client
local platform = redis.call('HGET', B .. ':client:' .. client, 'platform')
local records, ids, size, more = {}, {}, 0, ''
for _, id in ipairs(redis.call('ZREVRANGE', key, 0, -1)) do
  local fields = redis.call('HGETALL', B .. ':msg:' .. id)
  local members = {}
  for i = 1, #fields, 2 do
    local name, value = fields[i], fields[i + 1]
    if name == 'pushData' then
      members[#members + 1] = '"pushData":' .. value
    elseif string.sub(name, 1, 1) ~= '@' then
      members[#members + 1] = cjson.encode(name) .. ':' .. cjson.encode(value)
    end
  end
  local acked = platform and redis.call('SISMEMBER', B .. ':ack:' .. id .. ':' .. platform, client) == 1
  if acked or #members == 0 then
    redis.call('ZREM', key, id)
  else
    local record = '{' .. table.concat(members, ',') .. '}'
    if #records > 0 and size + #record > max then
      more = '1'
      break
    end
    size = size + #record
    records[#records + 1] = record
    ids[#ids + 1] = id
  end
end
return { '[' .. table.concat(records, ',') .. ']', table.concat(ids, ' '), more }
