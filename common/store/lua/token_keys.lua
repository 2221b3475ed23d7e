-- What a fresh token of a client is verified with.
-- KEYS[1]  B, the namespace's base key
-- Returns  { jwt_keys, rev of the settings, now (ms) }; nothing when the namespace wants no tokens
-- include lib/now.lua
local conf = redis.call('HMGET', KEYS[1] .. ':conf', 'connect_auth', 'jwt_keys', 'rev')
if conf[1] ~= 'jwt' then
  return {}
end
return { conf[2] or '[]', conf[3], now_text() }
