-- Telling the others in a room, on every connector, that a client joined or left it. Only for one
-- that wants so, and not about its own user room. Done when a set operation was news, so a script
-- that is carried out twice tells once.
-- held: the client's row in B:clients; to: { prefix, inbox limit }, and the owner that need not
-- hear it, if any.
local function people(B, nsp, client, held, room, name, more, to)
  if string.byte(held, -1) ~= 98 then -- b
    return
  end
  local userid, platform = identity(nsp, client, held)
  if room == 'user_' .. userid then
    return
  end
  local uuid = string.sub(client, #nsp + #userid + #platform + 4)
  local event = '["' .. name .. '",{"sid":' .. cjson.encode(client) .. ',"uuid":' .. cjson.encode(uuid)
    .. ',"userid":' .. cjson.encode(userid) .. ',"room":' .. cjson.encode(room) .. more .. '}]'
  for _, owner in ipairs(redis.call('HKEYS', B .. ':route:' .. room)) do
    if owner ~= to[3] then
      inbox_add(to[1], owner, to[2], 'k', 'emit', 'n', nsp, 'r', room, 'x', client, 'e', event)
    end
  end
end

local function people_join(B, nsp, client, held, room, to)
  people(B, nsp, client, held, room, 'peopleJoin', '', to)
end

-- offline: it has left because it is not connected any more.
local function people_leave(B, nsp, client, held, room, offline, to)
  people(B, nsp, client, held, room, 'peopleLeave', ',"clientOffline":' .. tostring(offline), to)
end
