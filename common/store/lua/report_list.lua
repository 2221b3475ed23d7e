-- A page of message records, newest first.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 how many to skip    2 how many to return    3 '1': records that have expired count, '': not
-- Returns  an array of records, each fields and values; in the place of an expired one its id
local B, skip, size = KEYS[1], tonumber(ARGV[1]), tonumber(ARGV[2])
local page = {}

if ARGV[3] == '1' then
  page = redis.call('LRANGE', B .. ':msgs', skip, skip + size - 1)
  for i, id in ipairs(page) do
    local record = redis.call('HGETALL', B .. ':msg:' .. id)
    if #record > 0 then
      page[i] = record
    end
  end
  return page
end

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
