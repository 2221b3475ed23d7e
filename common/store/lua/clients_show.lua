-- What a list of clients tells of some of them.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 only clients of this user, '' for any    2 only those in this room, '' for any
--          3 about how many rooms are named at most, then the rest has to be asked for again
--          4.. client ids
-- Returns  { how many of the ids were looked at, for each that is online { id, user id, uuid,
--          platform, node id of its connector, last connect (ms), rooms... } }
-- include lib/presence.lua
local B, budget = KEYS[1], tonumber(ARGV[3])
local nsp = string.match(B, '{(.*)}$')
local reply = { 0 }

for i = 4, #ARGV do
  local client = ARGV[i]
  local held = redis.call('HGET', B .. ':clients', client)
  local userid, platform
  if held then
    userid, platform = identity(nsp, client, held)
  end
  local joined = B .. ':joined:' .. client
  if held and (ARGV[1] == '' or ARGV[1] == userid)
    and (ARGV[2] == '' or ARGV[2] == 'user_' .. userid or redis.call('SISMEMBER', joined, ARGV[2]) == 1) then
    local rooms = redis.call('SMEMBERS', joined)
    rooms[#rooms + 1] = 'user_' .. userid
    table.sort(rooms)
    local entry = { client, userid, string.sub(client, #nsp + #userid + #platform + 4), platform,
      string.match(held, '^(.-)%.%d+/'), redis.call('HGET', B .. ':client:' .. client, 'last_connect_time') or '0' }
    for n, room in ipairs(rooms) do
      entry[6 + n] = room
    end
    reply[#reply + 1] = entry
    budget = budget - #rooms
  end
  reply[1] = i - 3
  if budget <= 0 then
    break
  end
end
return reply
