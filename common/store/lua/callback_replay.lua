-- Sends the disconnect callbacks that were given up once more, with the event ids they had.
-- KEYS[1]  B, the namespace's base key
-- ARGV     event ids; none: all of them
-- Returns  how many
-- include lib/callback.lua
-- include lib/now.lua
local dead = KEYS[1] .. ':dead-callbacks'
local prefix, now = string.match(KEYS[1], '^(.*){'), now_text()
local wanted, count = {}, 0
for _, id in ipairs(ARGV) do
  wanted[id] = true
end
-- The oldest first, in which order they had happened.
local all = redis.call('LRANGE', dead, 0, -1)
for i = #all, 1, -1 do
  local event = cjson.decode(all[i])
  if #ARGV == 0 or wanted[event.e] then
    redis.call('LREM', dead, 1, all[i])
    event.t, event.a = now, '0'
    callback_requeue(prefix, event)
    count = count + 1
  end
end
return count
