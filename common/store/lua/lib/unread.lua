-- Messages that wait for a device that was away: B:unread:<client>, a sorted set of message ids. It
-- lives as long as the last of them.
-- max: so many are kept, the newest ones; left: ms until the message expires.
local function unread_add(B, client, id, max, left)
  local key = B .. ':unread:' .. client
  redis.call('ZADD', key, id, id)
  redis.call('ZREMRANGEBYRANK', key, 0, -max - 1)
  if redis.call('PTTL', key) < left then
    redis.call('PEXPIRE', key, left)
  end
end
