-- Sets how many clients a connector addressed with messages whose record still exists. The counts
-- are totals, so writing one twice changes nothing.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 owner    2.. pairs: message id, clients as <web>/<ios>/<android>
-- Returns  1
-- include lib/stat.lua
-- include lib/archive.lua
local B = KEYS[1]
local function total(counts)
  local sum = 0
  for n in string.gmatch(counts or '', '%d+') do
    sum = sum + n
  end
  return sum
end

for i = 2, #ARGV, 2 do
  local msg, field, counts = B .. ':msg:' .. ARGV[i], '@' .. ARGV[1], ARGV[i + 1]
  local old = redis.call('HMGET', msg, 'sendDate', field)
  if old[1] then
    local more = total(counts) - total(old[2])
    redis.call('HSET', msg, field, counts)
    archive_changed(B, ARGV[i])
    if more > 0 then
      stat_add(B, old[1], 'o', more)
    end
  end
end
return 1
