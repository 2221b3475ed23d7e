-- A client's tokens of push providers that are named: the fields device_token:<provider> of its record.
local TOKENS_MAX = 10

-- Whether the record will have no more than that with the fields and values from ARGV[2] on.
local function tokens_fit(record)
  for i = 2, #ARGV, 2 do
    if string.sub(ARGV[i], 1, 13) == 'device_token:' and ARGV[i + 1] ~= ''
      and redis.call('HEXISTS', record, ARGV[i]) == 0 then
      local count = 0
      for _, field in ipairs(redis.call('HKEYS', record)) do
        count = count + (string.sub(field, 1, 13) == 'device_token:' and 1 or 0)
      end
      return count < TOKENS_MAX
    end
  end
  return true
end
