-- Who was sent away and is refused for a while: B:kicked:<client>, B:kicked:user_<userid>, with the
-- event that was sent to it. A client id begins with a slash, so the two can not be confused.
local function kicked_set(B, who, seconds, event)
  if seconds == '0' then
    redis.call('DEL', B .. ':kicked:' .. who)
  elseif seconds ~= '' then
    redis.call('SET', B .. ':kicked:' .. who, event, 'EX', seconds)
  end
end

-- For how many seconds more a client is refused, and the event; nil when it is not.
local function kicked(B, client, userid)
  local left, event = 0, nil
  for _, key in ipairs({ B .. ':kicked:' .. client, B .. ':kicked:user_' .. userid }) do
    local ms = redis.call('PTTL', key)
    if ms > left then
      left, event = ms, redis.call('GET', key)
    end
  end
  return event and math.ceil(left / 1000), event
end
