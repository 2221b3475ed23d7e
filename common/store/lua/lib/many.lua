-- Calls one() for each of several calls, which are in ARGV: 1 owner, and then of each how many
-- arguments follow and these, as ARGV[2..] of that call. One that fails has its error as its answer,
-- the others go on. Returns the answers in that order.
local answers, at = {}, 2
while at <= #ARGV do
  local good, answer = pcall(one, KEYS, { ARGV[1], unpack(ARGV, at + 1, at + ARGV[at]) })
  if not good and type(answer) ~= 'table' then
    answer = redis.error_reply(answer)
  end
  answers[#answers + 1] = answer
  at = at + ARGV[at] + 1
end
return answers
