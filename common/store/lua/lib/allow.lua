-- What a namespace may do in a second: a bucket that holds what is allowed in one second, and fills
-- evenly. The key holds the time (us) at which it is full again, and goes away then.
-- rate: per second, > 0; now: us; wanted: how many.
-- Returns how many of them are allowed, which are taken out; and rate, how many are left, the us
-- until it is full, the us until there is one more (0: there is one), as a table of texts. The API
-- does the same in fcgi-api/rate_memory.c with what it was told.
local function allow(key, rate, now, wanted)
  local step = 1000000 / rate
  -- Never beyond an empty bucket, should the clock have been set back.
  local full = math.min(math.max(tonumber(redis.call('GET', key) or 0), now), now + 1000000)
  -- Times of this size have a quarter of a us as their smallest step.
  local left = math.floor((now + 1000000 - full + 0.5) / step)
  local taken = math.min(left, wanted)
  if taken > 0 then
    full = full + taken * step
    left = left - taken
    redis.call('SET', key, string.format('%.2f', full), 'PX', math.ceil((full - now) / 1000))
  end
  local more = left > 0 and 0 or math.max(full + step - now - 1000000, 1)
  return taken, { tostring(rate), tostring(left), tostring(math.ceil(full - now)),
    tostring(math.ceil(more)) }
end

-- How many are taken out of it now.
local function allow_used(key, rate, now)
  local missing = math.min(tonumber(redis.call('GET', key) or 0) - now, 1000000)
  return math.max(math.ceil(missing * rate / 1000000 - 0.001), 0)
end
