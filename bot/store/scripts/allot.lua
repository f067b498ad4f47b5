#!lua
-- KEYS epoch, ids. Answers {ok, number}: the next number of a rollback, the first being 1001.
if not redis.call('GET', KEYS[1]) then return { 'unaccepted', 'missing' } end
local number = tonumber(redis.call('GET', KEYS[2]) or '1000')
if not number then return { 'wrong-kind', KEYS[2], 'text', 'number' } end
write('SET', KEYS[2], whole(number + 1))
return commit() or { 'ok', whole(number + 1) }
