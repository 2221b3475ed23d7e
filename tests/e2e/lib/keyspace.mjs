// All that Redis holds of a namespace, to be compared.

// Sets are sorted: they have no order of their own.
const SCRIPT = `
local found, cursor = {}, '0'
local function pairs_of(list)
  local out = {}
  for i = 1, #list, 2 do out[list[i]] = list[i + 1] end
  return out
end
local readers = {
  string = function(key) return redis.call('GET', key) end,
  hash = function(key) return pairs_of(redis.call('HGETALL', key)) end,
  list = function(key) return redis.call('LRANGE', key, 0, -1) end,
  set = function(key) local all = redis.call('SMEMBERS', key); table.sort(all); return all end,
  zset = function(key) return pairs_of(redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')) end,
  stream = function(key) return redis.call('XRANGE', key, '-', '+') end,
}
repeat
  local page = redis.call('SCAN', cursor, 'COUNT', 1000)
  cursor = page[1]
  for _, key in ipairs(page[2]) do
    if string.find(key, ARGV[1], 1, true) then
      found[string.sub(key, #ARGV[1] + 1)] = readers[redis.call('TYPE', key).ok](key)
    end
  end
until cursor == '0'
return cjson.encode(found)`;

// { key behind the namespace: content }: hashes and sorted sets as objects, the rest as arrays.
export async function keyspace(stack, namespace) {
	return JSON.parse(await stack.redis("EVAL", SCRIPT, "0", `lp:{${namespace}}:`));
}

// The same when nothing changes any more: what is collected is written by now.
export async function restingKeyspace(stack, namespace) {
	let last = "";
	for (let tries = 0; tries < 100; tries++) {
		const now = await keyspace(stack, namespace);
		const text = JSON.stringify(now);
		if (text === last)
			return now;
		last = text;
		await new Promise((resolve) => setTimeout(resolve, 100));
	}
	throw new Error(`${namespace} does not come to rest`);
}
