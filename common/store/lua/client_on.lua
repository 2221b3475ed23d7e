-- Registers a client and puts it into rooms. Another connection that holds the same client id is
-- taken out first; if another connector has it, that one is told to close it.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 owner     2 prefix    3 inbox limit
--          4 a number: accepted before, about then (ms), written anew; else 'r': refused while
--            another connection lives; 'a': the connect callback has been asked; 't': its token
--            has been verified; 'p': who it is only its token says
--          5 client    6 serial    7 user id       8 platform
--          9 '1': the others in its rooms are told of it
--          10 query of the handshake, '' when not given                             11.. rooms
-- Returns  DONE; UNREAD: done, and messages wait for it; UNKNOWN: no such namespace; OFFLINE: it
--          takes no new clients, those accepted before are written all the same; CONFLICT: another
--          connection holds the client id and lives, or is newer than one accepted before; or,
--          with nothing changed, what is needed first: { connect callback to ask ('': none), its
--          authorization, '1': the query, the secret that the callback is signed with, keys to
--          verify its token with ('': need not be) and then rev of the settings, now (ms) }; or
--          { why it is refused, in words for the client }; DONE and UNREAD come with limits if there
--          are any: { DONE or UNREAD, rev of the settings, rooms per client, bytes per second }
-- include lib/archive_client.lua
-- include lib/conf.lua
-- include lib/inbox.lua
-- include lib/kicked.lua
-- include lib/now.lua
-- include lib/presence.lua
-- include lib/at_once.lua
-- include lib/room_in.lua
-- include lib/people.lua
-- include lib/place.lua
-- include lib/route.lua
local B, owner, prefix, since, client = KEYS[1], ARGV[1], ARGV[2], tonumber(ARGV[4]), ARGV[5]
local userid, platform, to = ARGV[7], ARGV[8], { ARGV[2], ARGV[3] }
-- What a connector knows of the time is that close.
local ABOUT = 100

local conf = conf_of(B)
if not conf[5] then
  return redis.status_reply('UNKNOWN')
end
-- Hardly ever is one of them there.
local unread = B .. ':unread:' .. client
local waits = redis.call('EXISTS', B .. ':kicked:' .. client, B .. ':kicked:user_' .. userid, unread) > 0
local kicked_for, kicked_event
if waits then
  kicked_for, kicked_event = kicked(B, client, userid)
end
if not since and conf[1] == 'on' then
  return redis.status_reply('OFFLINE')
elseif not since and kicked_for then
  return { 'kicked, retry after ' .. kicked_for .. ' s' }
end

local now = now_text()
local nsp = string.match(B, '{(.*)}$')
local record = B .. ':client:' .. client
local mine = holding(owner, ARGV[6], userid, ARGV[9])
local told = (conf[4] or '') ~= '' -- of its end

-- What is needed first, or why it is refused, should no other connection hold the client.
local refusal
if not since then
  local mode = ARGV[4]
  local url = conf[2] and not string.find(mode, 'a') and conf[2] or ''
  local keys = conf[7] == 'jwt' and not string.find(mode, 't') and (conf[8] or '[]') or ''
  if keys == '' and mode ~= '' and string.find(mode, 'p') then
    refusal = { 'uuid invalid' }
  elseif url ~= '' or keys ~= '' or told and ARGV[10] == '' then
    refusal = { url, conf[3] or '', told and '1' or '', conf[6] or '', keys, '', '' }
    if keys ~= '' then
      refusal[6], refusal[7] = conf[9], now
    end
  elseif conf[10] and redis.call('HLEN', B .. ':clients') >= tonumber(conf[10])
    and redis.call('HEXISTS', B .. ':clients', client) == 0 then
    refusal = { 'too many clients' }
  elseif conf[11] and #ARGV - 11 > tonumber(conf[11]) then
    refusal = { 'too many rooms' } -- one of them is its user's own
  end
end

-- Most find their place free.
local fresh = not refusal and redis.call('HSETNX', B .. ':clients', client, mine) == 1
local held = not fresh and redis.call('HGET', B .. ':clients', client)
local other = held and held ~= mine and string.match(held, '^(.-)/')
if other and since then
  if (tonumber(redis.call('HGET', record, 'last_connect_time') or 0)) > since + ABOUT then
    return redis.status_reply('CONFLICT')
  end
elseif other and string.find(ARGV[4], 'r') then
  local lease = other ~= owner and tonumber(redis.call('ZSCORE', prefix .. 'nodes', other) or 0)
  if not lease or lease > tonumber(now) then
    return redis.status_reply('CONFLICT')
  end
end

if refusal then
  return refusal
end
if other then
  later_write()
  for _, room in ipairs(forget(B, nsp, client, held)) do
    people_leave(B, nsp, client, held, room, false, to)
    route_left(B, other, room)
  end
  if other ~= owner then
    inbox_add(prefix, other, ARGV[3], 'k', 'kick', 'n', nsp, 'c', client, 's', string.match(held, '^(.*)/'))
  end
end

if fresh or redis.call('HSET', B .. ':clients', client, mine) == 1 then
  redis.call('HINCRBY', B .. ':users', userid, '1')
end
later_sadd(B .. ':node:' .. owner, client)
note_nsp(prefix, owner, nsp)
later_zadd(B .. ':ever', nil, now, client)
if told and ARGV[10] ~= '' then
  redis.call('HSET', B .. ':queries', client, ARGV[10])
elseif other then
  redis.call('HDEL', B .. ':queries', client)
end
-- One that was accepted before is news to the others only if they were told that it had gone.
local news = not since
if since then
  redis.call('HSETNX', record, 'last_connect_time', ARGV[4])
  redis.call('HSET', record, 'userId', userid, 'nspName', nsp, 'platform', platform)
  news = (tonumber(redis.call('HGET', record, 'last_disconnect_time') or 0)) > since
else
  redis.call('HSET', record, 'userId', userid, 'nspName', nsp, 'platform', platform, 'last_connect_time', now)
end
if not since then
  archive_client(prefix, nsp, client, userid, platform)
end
if conf[13] then
  local longitude, latitude = place_of(B, client)
  if longitude then
    redis.call('GEOADD', B .. ':geo', longitude, latitude, client)
  end
end
for i = 11, #ARGV do
  route_on(B, owner, ARGV[i])
  if room_in(B, client, userid, platform, ARGV[i], now) and news and ARGV[9] == '1' then
    people_join(B, nsp, client, mine, ARGV[i], to)
  end
end
-- It was sent away while its connector did not read its inbox.
if since and kicked_for then
  inbox_add(prefix, owner, ARGV[3], 'k', 'expel', 'n', nsp, 'c', cjson.encode({ client, ARGV[6] }), 'e', kicked_event)
end
local answer = conf[1] == 'on' and 'OFFLINE' or 'DONE'
if waits and not since and redis.call('EXISTS', unread) == 1 then
  answer = 'UNREAD'
end
if not since and (conf[11] or conf[12]) then
  return { answer, conf[9], conf[11] or '0', conf[12] or '0' }
end
return redis.status_reply(answer)
