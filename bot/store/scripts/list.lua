#!lua flags=no-writes
-- KEYS epoch, index (the set of open rollbacks, or a sorted set by time). ARGV prefix of record keys, limit, strays ("1": those
-- of another epoch, and only those).
-- Answers {ok, body, body, ...}: of a sorted set the newest first.
if not redis.call('GET', KEYS[1]) then return { 'unaccepted', 'missing' } end
local ids
if redis.call('TYPE', KEYS[2])['ok'] == 'set' then
  ids = redis.call('SMEMBERS', KEYS[2])
else
  ids = redis.call('ZREVRANGE', KEYS[2], 0, tonumber(ARGV[2]) - 1)
end
local reply = { 'ok' }
for _, id in ipairs(ids) do
  local record = record_of(KEYS[1], ARGV[1] .. id)
  if record and ARGV[3] ~= '1' and record.stray then return { 'unaccepted', 'other' } end
  if record and (ARGV[3] ~= '1' or record.stray) then reply[#reply + 1] = record.body end
end
return reply
