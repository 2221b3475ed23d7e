-- Registers a new life of a connector: an epoch, a lease, an inbox with one entry of kind hello.
-- KEYS[1]  P:nodes
-- ARGV     1 prefix    2 node id    3 lease (ms)
--          4 '1': a running connector that was declared dead; '' at the start of a program
-- Returns  a list: the new owner, the time (ms), then the earlier lives of this node id that left something. Of a
--          running connector only those without a valid lease: the others are a second program
--          under the same node id, and two that end each other's lives would never stop.
-- include lib/now.lua
local prefix, id = ARGV[1], ARGV[2]
local now = now_ms()
local earlier, seen = {}, {}
local function add(owner, lease)
  local mine = string.sub(owner, 1, #id + 1) == id .. '.'
  if mine and not seen[owner] and (ARGV[4] ~= '1' or lease <= now) then
    earlier[#earlier + 1] = owner
  end
  seen[owner] = true
end
local nodes = redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')
for i = 1, #nodes, 2 do
  add(nodes[i], tonumber(nodes[i + 1]))
end
for _, owner in ipairs(redis.call('HKEYS', prefix .. 'inbox-seq')) do
  add(owner, 0)
end

-- From the time (ms) on: an epoch does not come back after Redis was emptied.
redis.call('SET', prefix .. 'epoch', now, 'NX')
local owner = id .. '.' .. redis.call('INCR', prefix .. 'epoch')
local inbox = prefix .. 'inbox:' .. owner
redis.call('ZADD', KEYS[1], now + ARGV[3], owner)
redis.call('DEL', inbox)
redis.call('XADD', inbox, '1-0', 'k', 'hello')
redis.call('HSET', prefix .. 'inbox-seq', owner, 1)
redis.call('PEXPIRE', inbox, 3600000)
return { owner, now, unpack(earlier) }
