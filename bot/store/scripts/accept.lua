#!lua
-- KEYS epoch, fence. ARGV an epoch. Answers {ok, epoch}: the one that stands, or the new one where there was none.
-- A new store's fences begin at its clock: the objects of production still carry those that a lost store gave, and
-- that one, which began at an earlier clock and counted one a lease, never got as far.
local epoch = redis.call('GET', KEYS[1])
if epoch then return { 'ok', epoch } end
local highest = tonumber(redis.call('GET', KEYS[2]) or '0')
if not highest then return { 'wrong-kind', KEYS[2], 'text', 'number' } end
write('SET', KEYS[2], whole(math.max(highest, now)))
write('SET', KEYS[1], ARGV[1])
return commit() or { 'ok', ARGV[1] }
