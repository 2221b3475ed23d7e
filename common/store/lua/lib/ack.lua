-- Adds clients (args[first] to args[last]) to those that acknowledged message id, which was sent at
-- that time (ms), and counts the new ones; it does not wait for them any more. The set lives as long
-- as the message record, which must exist.
-- Returns how many were new.
local ACK_COUNT = { web = 'ackWebCount', ios = 'ackIOSCount', android = 'ackAndroidCount' }
local function ack_add(B, id, sent, platform, args, first, last)
  local msg, set, added, from = B .. ':msg:' .. id, B .. ':ack:' .. id .. ':' .. platform, 0, first
  while first <= last do
    -- unpack() has room for somewhat less than 8000 values
    local stop = math.min(last, first + 4999)
    added = added + redis.call('SADD', set, unpack(args, first, stop))
    first = stop + 1
  end
  if added > 0 then
    local left = redis.call('PTTL', msg)
    if left > 0 then
      redis.call('PEXPIRE', set, left)
    end
    redis.call('HINCRBY', msg, 'ackCount', added)
    redis.call('HINCRBY', msg, ACK_COUNT[platform], added)
    stat_add(B, sent, string.sub(platform, 1, 1), added)
    archive_changed(B, id)
    if redis.call('EXISTS', B .. ':offline:' .. id) == 1 then
      for i = from, last do
        redis.call('ZREM', B .. ':unread:' .. args[i], id)
      end
    end
  end
  return added
end
