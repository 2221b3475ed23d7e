-- What lib/later.lua puts off is written at once: for a script that writes one client.
local function later_sadd(key, member)
  redis.call('SADD', key, member)
end

local function later_zadd(key, option, score, member)
  if option then
    redis.call('ZADD', key, option, score, member)
  else
    redis.call('ZADD', key, score, member)
  end
end

local function later_count(key, field)
  redis.call('HINCRBY', key, field, '1')
end

local function later_write()
end

local function once()
  return true
end
