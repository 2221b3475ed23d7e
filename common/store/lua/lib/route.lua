-- What a connector says of its own members: a room has a route to it as long as it holds one.
-- Written by every join, so that a join that was refused can not leave a later one without route.
local function route_on(B, owner, room)
  redis.call('HSET', B .. ':route:' .. room, owner, 1)
end

-- args from `first` on: pairs of room and '1' when this was the connector's last member there.
local function routes_off(B, owner, args, first)
  for i = first, #args, 2 do
    if args[i + 1] == '1' then
      redis.call('HDEL', B .. ':route:' .. args[i], owner)
    end
  end
end
