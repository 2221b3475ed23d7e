-- Takes messages out of the unread lists of clients that acknowledged them. unread.lua leaves out
-- what was acknowledged anyway; here it makes place for others.
-- KEYS[1]  B, the namespace's base key
-- ARGV     groups: message id, platform, n, then n client ids
-- Returns  1
local B, i = KEYS[1], 1
while i < #ARGV do
  local last = i + 2 + ARGV[i + 2]
  if redis.call('EXISTS', B .. ':offline:' .. ARGV[i]) == 1 then
    for k = i + 3, last do
      redis.call('ZREM', B .. ':unread:' .. ARGV[k], ARGV[i])
    end
  end
  i = last + 1
end
return 1
