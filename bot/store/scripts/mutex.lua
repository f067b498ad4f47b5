#!lua flags=allow-oom
-- KEYS mutex. ARGV owner, length in ms; 0 gives it back. Answers {ok} or {held}.
local owner = redis.call('GET', KEYS[1])
if owner and owner ~= ARGV[1] then return { 'held' } end
if ARGV[2] == '0' then write('DEL', KEYS[1]) else write('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return commit() or { 'ok' }
