#!lua flags=no-writes
-- KEYS epoch, ledger. ARGV the number after which to read. Answers {ok, entry, entry, ...}.
if not redis.call('GET', KEYS[1]) then return { 'unaccepted', 'missing' } end
local reply = { 'ok' }
for _, entry in ipairs(redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-0', '+')) do
  reply[#reply + 1] = entry[2][2]
end
return reply
