-- Removes an offline namespace's settings and API tokens, after which no script writes for it any
-- more; or, when all of its keys are gone, its entry in the list of namespaces.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 prefix    2 'conf' or 'entry'
-- Returns  1; or the error OPEN: somebody has opened it or made it again
local B = KEYS[1]
local conf = redis.call('HMGET', B .. ':conf', 'key', 'offline')
if conf[1] and (ARGV[2] == 'entry' or conf[2] ~= 'on') then
  return redis.error_reply('OPEN')
end
if ARGV[2] == 'entry' then
  redis.call('ZREM', ARGV[1] .. 'namespaces', string.match(B, '{(.*)}$'))
else
  redis.call('UNLINK', B .. ':conf', B .. ':tokens', B .. ':tokens-used')
end
return 1
