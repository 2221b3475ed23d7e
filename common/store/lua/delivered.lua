-- Sets how many clients a connector addressed with messages whose record still exists. The counts
-- are totals, so writing one twice changes nothing.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 owner    2.. pairs: message id, clients
-- Returns  1
local B = KEYS[1]
for i = 2, #ARGV, 2 do
  local msg = B .. ':msg:' .. ARGV[i]
  if redis.call('EXISTS', msg) == 1 then
    redis.call('HSET', msg, '@' .. ARGV[1], ARGV[i + 1])
  end
end
return 1
