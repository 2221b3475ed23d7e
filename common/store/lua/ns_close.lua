-- Whether data of a namespace may be removed: it must be offline. Clients that are still
-- connected are told to go.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 prefix    2 inbox limit
--          3 '1': also when only its entry in P:namespaces is left, from a flush that broke off
-- Returns  1; or the error OPEN
-- include lib/inbox.lua
local B, prefix = KEYS[1], ARGV[1]
local nsp = string.match(B, '{(.*)}$')
local conf = redis.call('HMGET', B .. ':conf', 'key', 'offline')
local rest = ARGV[3] == '1' and not conf[1] and redis.call('ZSCORE', prefix .. 'namespaces', nsp)
if conf[2] ~= 'on' and not rest then
  return redis.error_reply('OPEN')
end
if redis.call('EXISTS', B .. ':clients') == 1 then
  for _, owner in ipairs(redis.call('ZRANGE', prefix .. 'nodes', 0, -1)) do
    inbox_add(prefix, owner, ARGV[2], 'k', 'offline', 'n', nsp)
  end
end
return 1
