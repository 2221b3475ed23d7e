-- Writes to keys that several clients share, put off until the end of a script, so that those of all
-- clients it writes go in one command for each key. later_write() does them; call it before
-- anything is taken out again, and at the end.
local later, later_of = {}, {}

local function later_list(command, key, option)
  local list = later_of[key]
  if not list then
    list = { command, key, option }
    later_of[key] = list
    later[#later + 1] = list
  end
  return list
end

local function later_sadd(key, member)
  local list = later_list('SADD', key)
  list[#list + 1] = member
end

-- option: NX or nil, always the same for a key.
local function later_zadd(key, option, score, member)
  local list = later_list('ZADD', key, option)
  list[#list + 1] = score
  list[#list + 1] = member
end

local later_counts, later_order = {}, {}

-- Counts up a field of the hash.
local function later_count(key, field)
  local counts = later_counts[key]
  if not counts then
    counts = {}
    later_counts[key] = counts
  end
  if not counts[field] then
    later_order[#later_order + 1] = { key, field }
  end
  counts[field] = (counts[field] or 0) + 1
end

local function later_write()
  local adds, counts, order = later, later_counts, later_order
  later, later_of, later_counts, later_order = {}, {}, {}, {}
  for _, list in ipairs(adds) do
    redis.call(unpack(list))
  end
  for _, one in ipairs(order) do
    redis.call('HINCRBY', one[1], one[2], tostring(counts[one[1]][one[2]]))
  end
end

local done = {}
-- True when it is asked of that key for the first time.
local function once(key)
  local first = not done[key]
  done[key] = true
  return first
end
