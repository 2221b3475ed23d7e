-- Who acknowledged a message is in the sets B:ack:<id>:<platform>, how many there are in its record.
-- The sets live as long as the record.
local ACK_COUNT = { web = 'ackWebCount', ios = 'ackIOSCount', android = 'ackAndroidCount' }

-- Counts the clients that came into a set since it was counted last, in the record and by time. The
-- set of a message without a record goes.
-- Returns how many were new.
local function ack_count(B, id, platform)
  local msg, set, field = B .. ':msg:' .. id, B .. ':ack:' .. id .. ':' .. platform, ACK_COUNT[platform]
  local record = redis.call('HMGET', msg, 'sendDate', 'ackCount', field)
  if not record[1] then
    redis.call('UNLINK', set)
    return 0
  end
  local all, before = redis.call('SCARD', set), tonumber(record[3] or 0)
  local added = all - before
  if added <= 0 then
    return 0
  end
  if before == 0 then
    local left = redis.call('PTTL', msg)
    if left > 0 then
      redis.call('PEXPIRE', set, tostring(left))
    end
  end
  -- As texts: Redis itself makes texts of numbers slowly.
  redis.call('HSET', msg, 'ackCount', tostring((record[2] or 0) + added), field, tostring(all))
  stat_add(B, record[1], string.sub(platform, 1, 1), added)
  archive_changed(B, id)
  return added
end
