-- Sets fields of a client's record, as its namespace's owner wants it.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 client    2.. pairs: field, value; an empty value takes the field away
-- Returns  1; or the error GONE (no such namespace) or FULL (too many tokens)
-- include lib/place.lua
-- include lib/tokens.lua
local B, client = KEYS[1], ARGV[1]
local record = B .. ':client:' .. client
if redis.call('EXISTS', B .. ':conf') == 0 then
  return redis.error_reply('GONE')
end
if not tokens_fit(record) then
  return redis.error_reply('FULL')
end
for i = 2, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', record, ARGV[i])
  else
    redis.call('HSET', record, ARGV[i], ARGV[i + 1])
  end
end
if redis.call('HEXISTS', B .. ':clients', client) == 1 then
  place(B, client)
end
return 1
