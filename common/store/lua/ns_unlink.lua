-- Removes keys of a namespace, as long as nobody has opened it or made it again.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 '1': its settings are gone already; '': it is offline    2.. keys
-- Returns  how many keys were there; or the error OPEN
local B = KEYS[1]
local conf = redis.call('HMGET', B .. ':conf', 'key', 'offline')
if ARGV[1] == '1' and conf[1] or ARGV[1] ~= '1' and conf[2] ~= 'on' then
  return redis.error_reply('OPEN')
end
return redis.call('UNLINK', unpack(ARGV, 2))
