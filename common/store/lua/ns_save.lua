-- Saves settings of a namespace.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 prefix       2 rev the new values were made from ('0': there was none), '' for any
--          3 namespace    4 address of the client that saves      5 inbox limit
--          6 '1': it is made when it does not exist
--          7.. fields and values; an empty value takes the field away
-- Returns  the new rev; or the errors STALE: rev is another one by now, GONE: it does not exist
-- include lib/inbox.lua
-- include lib/rev.lua
local B, prefix, nsp = KEYS[1], ARGV[1], ARGV[3]
local conf = B .. ':conf'

local rev = redis.call('HGET', conf, 'rev')
if not rev and ARGV[6] ~= '1' then
  return redis.error_reply('GONE')
end
if ARGV[2] ~= '' and ARGV[2] ~= (rev or '0') then
  return redis.error_reply('STALE')
end

local close, limits = false, false
for i = 7, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', conf, ARGV[i])
  else
    redis.call('HSET', conf, ARGV[i], ARGV[i + 1])
  end
  close = close or (ARGV[i] == 'offline' and ARGV[i + 1] == 'on')
  limits = limits or ARGV[i] == 'limit_rooms_per_client' or ARGV[i] == 'limit_bytes_per_second'
end
if not rev then
  redis.call('HSET', conf, 'offline', 'off')
  close = false
end

local new, t = next_rev(rev), redis.call('TIME')
redis.call('HSET', conf, 'key', nsp, 'rev', new, 'client_ip', ARGV[4], 'update_date',
  t[1] .. string.format('%03d', math.floor(t[2] / 1000)))
redis.call('ZADD', prefix .. 'namespaces', 0, nsp)

local kinds = {}
if close then
  kinds[1] = { 'k', 'offline', 'n', nsp }
elseif not rev then
  -- It may have been lost with all else, and its clients be connected still.
  kinds[1] = { 'k', 'made', 'n', nsp }
end
if limits then
  local now = redis.call('HMGET', conf, 'limit_rooms_per_client', 'limit_bytes_per_second')
  kinds[#kinds + 1] = { 'k', 'limits', 'n', nsp, 'i', new, 'r', now[1] or '0', 'b', now[2] or '0' }
end
if #kinds > 0 then
  for _, owner in ipairs(redis.call('ZRANGE', prefix .. 'nodes', 0, -1)) do
    for _, kind in ipairs(kinds) do
      inbox_add(prefix, owner, ARGV[5], unpack(kind))
    end
  end
end
return new
