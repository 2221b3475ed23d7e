-- Takes clients of an offline namespace that have not connected for long out of the sets of those
-- ever in a room. Looks at a bounded number of clients; call it again with what is left.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 clients that connected last before this time (ms)    2 at most so many clients
--          3 cursor in the first set, '0' at first                4.. keys of sets
-- Returns  { how many sets are done, cursor in the next }; or the error OPEN
-- include lib/legacy.lua
local B, before, budget, cursor = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2]), ARGV[3]
if redis.call('HGET', B .. ':conf', 'offline') ~= 'on' then
  return redis.error_reply('OPEN')
end
for i = 4, #ARGV do
  repeat
    if budget <= 0 then
      return { i - 4, cursor }
    end
    local page = redis.call('ZSCAN', ARGV[i], cursor, 'COUNT', 100)
    local clients = {}
    for n = 1, #page[2], 2 do
      clients[#clients + 1] = page[2][n]
    end
    local gone = legacy(B, clients, before)
    if #gone > 0 then
      redis.call('ZREM', ARGV[i], unpack(gone))
    end
    cursor, budget = page[1], budget - math.max(1, #clients)
  until cursor == '0'
end
return { #ARGV - 3, '0' }
