#!lua
-- KEYS epoch, ids, and where there is one, command. ARGV whether a number is wanted ("1" or "0").
-- Answers {ok, now, number}: the next number of a rollback, the first being 1001; or {again, answer} for a command already done.
if not redis.call('GET', KEYS[1]) then return { 'unaccepted', 'missing' } end
local answer = KEYS[3] and redis.call('GET', KEYS[3])
if answer then return { 'again', answer } end
if ARGV[1] ~= '1' then return { 'ok', whole(now), '0' } end
local number = tonumber(redis.call('GET', KEYS[2]) or '1000')
if not number then return { 'wrong-kind', KEYS[2], 'text', 'number' } end
write('SET', KEYS[2], whole(number + 1))
return commit() or { 'ok', whole(now), whole(number + 1) }
