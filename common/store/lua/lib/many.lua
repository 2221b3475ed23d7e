-- Calls one() for each of several calls, which are in ARGV: 1 owner, and then of each how many
-- arguments follow and these, as ARGV[2..] of that call. One that fails has its error as its answer,
-- the others go on. Returns the answers in that order.
local function many(one)
  local answers, at, last = {}, 2, #ARGV
  while at < last do
    local count = tonumber(ARGV[at])
    local good, answer = pcall(one, KEYS, { ARGV[1], unpack(ARGV, at + 1, at + count) })
    if not good and type(answer) ~= 'table' then
      answer = redis.error_reply(answer)
    end
    answers[#answers + 1] = answer
    at = at + count + 1
  end
  return answers
end
