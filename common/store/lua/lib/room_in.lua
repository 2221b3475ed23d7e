-- Puts an online client into a room. Its user's own room, in which it always is, B:joined does not name.
-- lib/at_once.lua or lib/later.lua must be there; now: as a text.
-- Returns whether it was news.
local function room_in(B, client, userid, platform, room, now)
  local base, own = B .. ':room:' .. room, room == 'user_' .. userid
  if not own then
    redis.call('SADD', B .. ':joined:' .. client, room)
  end
  if redis.call('SADD', base .. ':on:' .. platform, client) == 0 then
    return false
  end
  if own then
    redis.call('ZADD', base .. ':ever:' .. platform, 'NX', now, client)
  else
    redis.call('HINCRBY', base .. ':users', userid, '1')
    later_zadd(base .. ':ever:' .. platform, 'NX', now, client)
    later_count(B .. ':rooms', room)
  end
  return true
end
