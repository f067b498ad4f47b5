#!lua flags=no-writes
-- KEYS epoch, record, journal. ARGV the number after which to read. Answers {ok, event, event, ...}.
local record, refusal = accepted(KEYS[1], KEYS[2])
if not record then return refusal end
local reply = { 'ok' }
for _, entry in ipairs(redis.call('XRANGE', KEYS[3], '(' .. ARGV[1] .. '-0', '+')) do
  reply[#reply + 1] = entry[2][2]
end
return reply
