-- Notes what providers said about devices that a worker had claimed, and counts it in the record.
-- KEYS[1]  B, the namespace's base key
-- ARGV     1 id of the message    2 the worker's life
--          then for each device: client; delivered, retry, gone or refused; type of the provider
--          (apns, fcm, webpush) or '' when none was asked; name of its entry; status and reason;
--          pause before the next try (ms); '1': another provider is to be tried; the token's field,
--          and the token
-- Returns  when the next try is due (ms), '' for none
-- include lib/now.lua
-- include lib/offline.lua
-- include lib/stat.lua
-- include lib/archive.lua
local B, id, life = KEYS[1], ARGV[1], ARGV[2]
local msg, now, due = B .. ':msg:' .. id, now_ms(), nil
local stamp, left = string.format('%.0f', now), redis.call('PTTL', msg)
if left < 0 then
  return ''
end

local function wait_until(ms)
  if not due or ms < due then
    due = ms
  end
end

-- <type>Count counts the devices that a provider was asked for and that are decided,
-- <type>SuccessCount those it took over; result is both in words.
local counted, served = {}, 0
local function count(kind, good)
  redis.call('HINCRBY', msg, kind .. 'Count', 1)
  redis.call('HINCRBY', msg, kind .. 'SuccessCount', good and 1 or 0)
  counted[kind] = true
  served = served + (good and 1 or 0)
end

local function note(client, word, kind, entry, reason, pause, more, field, token)
  local lines = redis.call('HGET', B .. ':offline:' .. id, client)
  local last, holder = line_last(lines or nil)
  if last ~= 'sending' or string.match(holder, '^(.*)/') ~= life then
    return -- somebody else has taken it over
  end
  if word == 'retry' then
    if tonumber(pause) >= left then
      lines = line_add(lines, stamp, 'expired', entry, reason)
    else
      lines = line_add(lines, stamp, 'retry', string.format('%.0f', now + pause), entry, reason)
      wait_until(now + pause)
    end
  else
    lines = line_add(lines, stamp, word, entry, reason)
    if kind ~= '' then
      count(kind, word == 'delivered')
    end
    if more == '1' then
      lines = line_add(lines, stamp, 'next')
      wait_until(now)
    end
  end
  if word == 'gone' and redis.call('HGET', B .. ':client:' .. client, field) == token then
    redis.call('HDEL', B .. ':client:' .. client, field)
  end
  lines_put(B, id, client, lines)
end

for i = 3, #ARGV, 9 do
  note(unpack(ARGV, i, i + 8))
end
if next(counted) then
  local words = {}
  for _, kind in ipairs({ 'apns', 'fcm', 'webpush' }) do
    local n = redis.call('HMGET', msg, kind .. 'Count', kind .. 'SuccessCount')
    if n[1] then
      words[#words + 1] = kind .. ' ' .. n[2] .. '/' .. n[1]
    end
  end
  redis.call('HSET', msg, 'result', table.concat(words, ', '))
  if served > 0 then
    stat_add(B, redis.call('HGET', msg, 'sendDate'), 'f', served)
  end
  archive_changed(B, id)
end
return due and string.format('%.0f', due) or ''
