#!lua flags=no-writes
-- KEYS epoch, index (rollbacks by the time they were asked for). ARGV prefix of record keys, limit, since (Redis ms).
-- Answers {ok, how many there are, body, body, ...}: the newest first.
if not redis.call('GET', KEYS[1]) then return { 'unaccepted', 'missing' } end
local ids = redis.call('ZRANGE', KEYS[2], '+inf', ARGV[3], 'BYSCORE', 'REV', 'LIMIT', 0, ARGV[2])
local reply = { 'ok', whole(redis.call('ZCOUNT', KEYS[2], ARGV[3], '+inf')) }
for _, id in ipairs(ids) do
  local body = redis.call('HGET', ARGV[1] .. id, 'body')
  if body then reply[#reply + 1] = body end
end
return reply
