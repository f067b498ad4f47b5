#!lua flags=no-writes
-- KEYS epoch, standing. Answers {ok, now, body}; no body where nothing was ever decided.
if not redis.call('GET', KEYS[1]) then return { 'unaccepted', 'missing' } end
return { 'ok', whole(now), redis.call('HGET', KEYS[2], 'body') or nil }
