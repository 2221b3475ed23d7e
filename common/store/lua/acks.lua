-- Counts acknowledgements of messages. Before it, in the same transaction, their clients were added
-- to the sets B:ack:<id>:<platform>.
-- KEYS[1]  B, the namespace's base key
-- ARGV     pairs: message id, platform
-- Returns  1 when some of them may be in unread lists (see acks_unread.lua), else 0
-- include lib/stat.lua
-- include lib/archive.lua
-- include lib/ack.lua
local B, unread = KEYS[1], 0
for i = 1, #ARGV, 2 do
  if ack_count(B, ARGV[i], ARGV[i + 1]) > 0 and unread == 0 then
    unread = redis.call('EXISTS', B .. ':offline:' .. ARGV[i])
  end
end
return unread
