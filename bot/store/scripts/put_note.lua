#!lua flags=allow-oom
-- KEYS note. ARGV value, the version it replaces (0: none). Answers {ok} or {conflict}.
-- The same value over the same version is accepted again, because a client repeats a call whose answer was lost.
local found = redis.call('HMGET', KEYS[1], 'value', 'version')
local stands, replaces = tonumber(found[2] or '0'), tonumber(ARGV[2])
if stands == replaces + 1 and found[1] == ARGV[1] then return { 'ok' } end
if stands ~= replaces then return { 'conflict' } end
write('HSET', KEYS[1], 'value', ARGV[1], 'version', whole(replaces + 1))
return commit() or { 'ok' }
