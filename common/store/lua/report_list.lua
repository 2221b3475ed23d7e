-- A page of message records, newest first. Records that have expired do not count.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 how many to skip    2 how many to return
-- Returns  an array of records, each fields and values
local B, skip, size = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local page = {}

for _, id in ipairs(redis.call('LRANGE', B .. ':msgs', 0, -1)) do
  local msg = B .. ':msg:' .. id
  if #page == size then
    break
  end
  if skip > 0 then
    skip = skip - redis.call('EXISTS', msg)
  else
    local record = redis.call('HGETALL', msg)
    if #record > 0 then
      page[#page + 1] = record
    end
  end
end
return page
