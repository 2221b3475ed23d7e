-- Who is online and in which room. Counts change only with the result of the set operation beside
-- them, so a script that is carried out twice leaves the same state as once.

local function count_down(key, field)
  if redis.call('HINCRBY', key, field, '-1') <= 0 then
    redis.call('HDEL', key, field)
  end
end

-- B:clients holds <owner>/<serial>/<length of the user id>: the length makes the client id
-- <namespace>#<userid>#<platform>-<uuid> readable although names may contain # and -. A "b" behind
-- it: the others in its rooms are told when it joins and leaves (see people.lua).
local function holding(owner, serial, userid, told)
  local length = #userid
  -- Lua itself makes texts of numbers slowly.
  return owner .. '/' .. serial .. '/' .. (length < 10 and string.char(48 + length) or length)
    .. (told == '1' and 'b' or '')
end

-- The user id and the platform of a client, from its id and its row in B:clients.
local function identity(nsp, client, held)
  -- A length has four digits at most.
  local length = tonumber(string.match(held, '/(%d+)b?$', -6))
  local userid = string.sub(client, #nsp + 2, #nsp + 1 + length)
  return userid, string.match(client, '^#(%a+)-', #nsp + 2 + length)
end

-- True when the row is that of this connection.
local function holds(held, owner, serial)
  local start = owner .. '/' .. serial .. '/'
  return held and string.sub(held, 1, #start) == start
end

local nsp_noted
-- A connector holds clients of the namespace.
local function note_nsp(prefix, owner, nsp)
  if not nsp_noted then
    redis.call('SADD', prefix .. 'node-nsps:' .. owner, nsp)
    nsp_noted = true
  end
end

-- Returns whether it was news; leaves B:joined as it is.
local function room_left(B, client, userid, platform, room)
  if redis.call('SREM', B .. ':room:' .. room .. ':on:' .. platform, client) == 0 then
    return false
  end
  if room ~= 'user_' .. userid then
    count_down(B .. ':rooms', room)
    count_down(B .. ':room:' .. room .. ':users', userid)
  end
  return true
end

-- The same, and out of B:joined.
local function room_out(B, client, userid, platform, room)
  redis.call('SREM', B .. ':joined:' .. client, room)
  return room_left(B, client, userid, platform, room)
end

-- Takes a client out of everything; returns the rooms it was in. held: its row in B:clients.
local function forget(B, nsp, client, held)
  local userid, platform = identity(nsp, client, held)
  local joined = B .. ':joined:' .. client
  local rooms = redis.call('SMEMBERS', joined)
  if #rooms > 0 then
    redis.call('UNLINK', joined)
  end
  rooms[#rooms + 1] = 'user_' .. userid -- which is not named there
  for _, room in ipairs(rooms) do
    room_left(B, client, userid, platform, room)
  end
  redis.call('HDEL', B .. ':clients', client)
  redis.call('SREM', B .. ':node:' .. string.match(held, '^(.-)/'), client)
  redis.call('ZREM', B .. ':geo', client)
  count_down(B .. ':users', userid)
  return rooms
end

-- Notes in its record that a client went; one that was cleared meanwhile stays away. now: as a text.
local function note_off(B, client, now, reason)
  local record = B .. ':client:' .. client
  if redis.call('EXISTS', record) == 1 then
    redis.call('HSET', record, 'last_disconnect_time', now, 'disconnect_reason', reason)
  end
end
