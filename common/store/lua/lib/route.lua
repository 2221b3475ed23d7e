-- What a connector says of its own members: a room has a route to it as long as it holds one.
-- Written by every join, so that a join that was refused can not leave a later one without route.
local function route_on(B, owner, room)
  redis.call('HSET', B .. ':route:' .. room, owner, '1')
end

-- A route that no client of the connector may stand for: should the connector die before it takes
-- the route back, reaping its clients alone would not find it.
local function route_left(B, owner, room)
  redis.call('SADD', B .. ':left:' .. owner, room)
end

-- args from `first` on: pairs of room and '1' when this was the connector's last member there.
local function routes_off(B, owner, args, first)
  for i = first, #args, 2 do
    if args[i + 1] == '1' then
      redis.call('HDEL', B .. ':route:' .. args[i], owner)
      redis.call('SREM', B .. ':left:' .. owner, args[i])
    end
  end
end
