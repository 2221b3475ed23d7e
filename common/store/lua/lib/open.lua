-- Whether a namespace exists and takes what its clients say: true, or the status to answer.
local function open(B)
  local offline = redis.call('HMGET', B .. ':conf', 'key', 'offline')
  if not offline[1] then
    return false, redis.status_reply('UNKNOWN')
  end
  return offline[2] ~= 'on', redis.status_reply('OFFLINE')
end
