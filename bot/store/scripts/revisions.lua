#!lua flags=no-writes
-- KEYS epoch, revisions. Answers {ok, now, version, value}; no value where none was ever kept.
if not redis.call('GET', KEYS[1]) then return { 'unaccepted', 'missing' } end
local found = redis.call('HMGET', KEYS[2], 'value', 'version')
return { 'ok', whole(now), found[2] or '0', found[1] or nil }
