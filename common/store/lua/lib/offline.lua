-- What became of a message with leaveMessage on the devices that did not acknowledge it in time:
-- B:offline:<id>, a hash of client id -> lines "<ms> <word> ...", oldest first. The last line says
-- where the device stands:
--   stored                     waits in its unread list; nothing else is to be done
--   sending <life>/<call>      claimed by a worker's life, until that gives the result
--   retry <ms> <entry> ...     to be sent again from then on
--   next                       another of its providers is to be tried
--   delivered <entry> ...      the provider took it over
--   gone, refused <entry> ...  given up by the last of its providers
--   cancelled                  its user has acknowledged on another device
--   expired                    the message is gone before the next try
-- Lines beyond this many bytes push the oldest ones out.
local LINES_MAX = 2000

-- Appends a line to what there was ('' or nil: nothing), and returns it all.
local function line_add(lines, ...)
  local line = table.concat({ ... }, ' ')
  if not lines or lines == '' then
    return line
  end
  lines = lines .. '\n' .. line
  while #lines > LINES_MAX do
    lines = string.match(lines, '^[^\n]*\n(.*)$')
  end
  return lines
end

-- The word of the last line and what follows it; nil when there is none.
local function line_last(lines)
  if lines then
    return string.match(lines, '(%a+) ?([^\n]*)$', (string.find(lines, '\n[^\n]*$') or 0) + 1)
  end
end

-- The table of a message lives as long as its record.
local function lines_put(B, id, client, lines)
  local key = B .. ':offline:' .. id
  if redis.call('HSET', key, client, lines) == 1 and redis.call('PTTL', key) == -1 then
    redis.call('PEXPIRE', key, math.max(1, redis.call('PTTL', B .. ':msg:' .. id)))
  end
end
