-- Takes what the archive is told of clients: first what other consumers left.
-- KEYS[1]  P:archive-clients
-- ARGV     1 consumer    2 how many at most    3 entries of others are taken over after so long (ms)
-- Returns  for each entry its id, namespace, client, user id, platform, why it went or ''
local stream, count = KEYS[1], tonumber(ARGV[2])
if redis.call('EXISTS', stream) == 0 then
  return {}
end
local claimed = redis.pcall('XAUTOCLAIM', stream, 'archive', ARGV[1], ARGV[3], '0', 'COUNT', count)
if claimed.err then
  redis.call('XGROUP', 'CREATE', stream, 'archive', '0')
end
local entries = claimed[2] or {}
if #entries == 0 then
  local reply = redis.call('XREADGROUP', 'GROUP', 'archive', ARGV[1], 'COUNT', count, 'STREAMS', stream, '>')
  entries = reply and reply[1][2] or {}
end
local out = {}
for _, entry in ipairs(entries) do
  local f = {}
  for i = 1, #entry[2], 2 do
    f[entry[2][i]] = entry[2][i + 1]
  end
  for _, text in ipairs({ entry[1], f.n, f.c, f.u, f.p, f.r or '' }) do
    out[#out + 1] = text
  end
end
return out
