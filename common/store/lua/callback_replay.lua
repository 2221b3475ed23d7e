-- Sends disconnect callbacks that were given up once more, with the event ids they had: one page of
-- them, so that Redis serves others in between.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 skip so many, the oldest ones    2 look at so many
--          3.. event ids; none: all of them
-- Returns  { how many were looked at, how many of these are sent }; or the error GONE
-- include lib/callback.lua
-- include lib/now.lua
local dead = KEYS[1] .. ':dead-callbacks'
local prefix, now = string.match(KEYS[1], '^(.*){'), now_text()
local wanted, count = {}, 0
if redis.call('EXISTS', KEYS[1] .. ':conf') == 0 then
  return redis.error_reply('GONE')
end
for i = 3, #ARGV do
  wanted[ARGV[i]] = true
end
-- The oldest first, in which order they had happened: they stand at the end.
local page = redis.call('LRANGE', dead, -ARGV[1] - ARGV[2], -ARGV[1] - 1)
for i = #page, 1, -1 do
  local event = cjson.decode(page[i])
  if #ARGV == 2 or wanted[event.e] then
    redis.call('LREM', dead, -1, page[i])
    event.t, event.a = now, '0'
    callback_requeue(prefix, event)
    count = count + 1
  end
end
return { #page, count }
