-- What presence scripts ask of the settings of their one namespace, which are read once.

local conf_known
-- As client_on.lua counts them.
local function conf_of(B)
  conf_known = conf_known or redis.call('HMGET', B .. ':conf', 'offline', 'connect_callback', 'callback_auth',
    'disconnect_callback', 'key', 'callback_secret', 'connect_auth', 'jwt_keys', 'rev', 'limit_clients',
    'limit_rooms_per_client', 'limit_bytes_per_second', 'placed')
  return conf_known
end

local conf_there
-- Of a namespace that was removed nothing is written.
local function is_there(B)
  if conf_there == nil then
    conf_there = redis.call('EXISTS', B .. ':conf') == 1
  end
  return conf_there
end
