#!lua
-- KEYS epoch, reserve, revisions. ARGV value, the version it replaces (0: none). Answers {ok}, {conflict} or {full}.
-- The same value over the same version is accepted again, because a client repeats a call whose answer was lost.
-- Without allow-oom, and not while the reserve is given back: in a full store the room belongs to what runs.
if not redis.call('GET', KEYS[1]) then return { 'unaccepted', 'missing' } end
local found = redis.call('HMGET', KEYS[3], 'value', 'version')
local stands, replaces = tonumber(found[2] or '0'), tonumber(ARGV[2])
if stands == replaces + 1 and found[1] == ARGV[1] then return { 'ok' } end
if stands ~= replaces then return { 'conflict' } end
if redis.call('EXISTS', KEYS[2]) == 0 then return { 'full' } end
write('HSET', KEYS[3], 'value', ARGV[1], 'version', whole(replaces + 1))
return commit() or { 'ok' }
