-- Disconnect callbacks on their way to the workers: an entry of the stream P:callbacks each, with
--   n namespace   c client   q handshake query   u '1': it was the user's last client
-- and, once it was tried: e event id (at first the entry's own id)   t when trying began (ms)
--   a how often it was tried
local function callback_add(prefix, ...)
  redis.call('XADD', prefix .. 'callbacks', '*', ...)
end

-- A client that had been accepted has gone for good and is out of everything. Its query was kept
-- if the namespace wanted to hear of it. When `max` callbacks wait, to be made or to be tried again,
-- it is not taken, and P:callbacks-lost counts it.
local function callback_gone(B, nsp, client, userid, max)
  local query = redis.call('HGET', B .. ':queries', client)
  if not query then
    return
  end
  redis.call('HDEL', B .. ':queries', client)
  if (redis.call('HGET', B .. ':conf', 'disconnect_callback') or '') ~= '' then
    local last = redis.call('HEXISTS', B .. ':users', userid) == 0
    local prefix = string.match(B, '^(.*){')
    if redis.call('XLEN', prefix .. 'callbacks') + redis.call('ZCARD', prefix .. 'callbacks-later') >= tonumber(max) then
      redis.call('INCR', prefix .. 'callbacks-lost')
    else
      callback_add(prefix, 'n', nsp, 'c', client, 'q', query, 'u', last and '1' or '')
    end
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
