#!lua flags=allow-oom
-- KEYS epoch, command, standing, ledger, due, jobs.
-- ARGV one JSON object: at, drift_ms, head (expected), next (the standing's fields), entries ({number, text}), answer,
-- answer_ms, due ({member, when}). Answers {ok}, or {again, answer} for a command already done.
local EPOCH, COMMAND, STANDING, LEDGER, DUE, JOBS = unpack(KEYS)
local wish = cjson.decode(ARGV[1])
if not redis.call('GET', EPOCH) then return { 'unaccepted', 'missing' } end
local answer = redis.call('GET', COMMAND)
if answer then return { 'again', answer } end
local found = redis.call('HMGET', STANDING, 'head', 'seq')
if (found[1] or wish.genesis) ~= wish.head then return { 'conflict' } end
local last = redis.call('XREVRANGE', LEDGER, '+', '-', 'COUNT', 1)[1]
if (last and last[1] or '0-0') ~= (found[2] or '0') .. '-0' then
  return { 'torn', last and last[1] or 'nothing', found[2] or '0' }
end
if math.abs(now - wish.at) > wish.drift_ms then return { 'clock', whole(now) } end

for _, entry in ipairs(wish.entries) do write('XADD', LEDGER, whole(entry[1]) .. '-0', 'e', entry[2]) end
for field, value in pairs(wish.next) do write('HSET', STANDING, field, value) end
for _, pair in ipairs(wish.due) do put_due(DUE, JOBS, pair[1], pair[2]) end
write('SET', COMMAND, wish.answer, 'PX', whole(wish.answer_ms))
return commit() or { 'ok' }
