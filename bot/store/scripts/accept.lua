#!lua flags=allow-oom
-- KEYS epoch, fence, distrusted, ids. ARGV an epoch, the highest number of a rollback known from elsewhere.
-- Answers {ok, epoch}: the one that stands, or the new one where there was none.
-- A new store's fences begin at its clock: the objects of production still carry those that a lost store gave, and
-- that one, which began at an earlier clock and counted one a lease, never got as far. Where one was seen, above that.
-- An id is never given twice: the archive and Slack still know the rollbacks of a lost store by theirs.
local epoch = redis.call('GET', KEYS[1])
if epoch then return { 'ok', epoch } end
local highest = tonumber(redis.call('GET', KEYS[2]) or '0')
if not highest then return { 'wrong-kind', KEYS[2], 'text', 'number' } end
local given, known = tonumber(redis.call('GET', KEYS[4]) or '1000'), tonumber(ARGV[2])
if not given then return { 'wrong-kind', KEYS[4], 'text', 'number' } end
local seen = tonumber(redis.call('HGET', KEYS[3], 'fence') or '0') or 0
write('SET', KEYS[2], whole(math.max(highest, seen, now)))
if known > given then write('SET', KEYS[4], whole(known)) end
write('DEL', KEYS[3])
write('SET', KEYS[1], ARGV[1])
return commit() or { 'ok', ARGV[1] }
