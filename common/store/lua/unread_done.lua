-- A device has received messages that waited for it.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 client    2 ids of the messages, with blanks between
-- Returns  1 when others wait, else 0
local key = KEYS[1] .. ':unread:' .. ARGV[1]
for id in string.gmatch(ARGV[2], '%d+') do
  redis.call('ZREM', key, id)
end
return redis.call('EXISTS', key)
