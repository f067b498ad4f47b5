#!lua flags=no-writes
-- KEYS due. ARGV limit. Answers {ok, member, member, ...}: what is due, the longest due first.
local members = redis.call('ZRANGE', KEYS[1], '-inf', whole(now), 'BYSCORE', 'LIMIT', 0, ARGV[1])
return { 'ok', unpack(members) }
