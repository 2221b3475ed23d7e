-- Disconnect callbacks on their way to the workers: an entry of the stream P:callbacks each, with
--   n namespace   c client   q handshake query   u '1': it was the user's last client
-- and, once it was tried: e event id (at first the entry's own id)   t when trying began (ms)
--   a how often it was tried
-- More than this many are not taken; P:callbacks-lost counts those.
local CALLBACKS_MAX = 100000

local function callback_add(prefix, ...)
  local stream = prefix .. 'callbacks'
  if redis.call('XLEN', stream) >= CALLBACKS_MAX then
    redis.call('INCR', prefix .. 'callbacks-lost')
  else
    redis.call('XADD', stream, '*', ...)
  end
end

-- A client that had been accepted has gone for good and is out of everything. Its query was kept
-- if the namespace wanted to hear of it.
local function callback_gone(B, nsp, client, userid)
  local query = redis.call('HGET', B .. ':queries', client)
  if not query then
    return
  end
  redis.call('HDEL', B .. ':queries', client)
  if (redis.call('HGET', B .. ':conf', 'disconnect_callback') or '') ~= '' then
    local last = redis.call('HEXISTS', B .. ':users', userid) == 0
    callback_add(string.match(B, '^(.*){'), 'n', nsp, 'c', client, 'q', query, 'u', last and '1' or '')
  end
end

-- An event as it waits for its next try, or in the list of those given up.
local function callback_pack(event)
  return cjson.encode(event)
end

local function callback_requeue(prefix, event)
  callback_add(prefix, 'n', event.n, 'c', event.c, 'q', event.q, 'u', event.u, 'e', event.e, 't', event.t,
    'a', event.a)
end
