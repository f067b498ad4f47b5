#!lua flags=allow-oom
-- KEYS record, lease, due, jobs. ARGV member, owner, fence, head as the holder knows it, when to look next.
-- Answers {ok, due now}. Somebody else's lease is left alone: whoever has it looks after the due time.
local lease = lease_of(KEYS[2])
if lease.owner ~= ARGV[2] or lease.fence ~= ARGV[3] then return { 'ok', '0' } end
local at = tonumber(ARGV[5])
if lease.wanted or redis.call('HGET', KEYS[1], 'head') ~= ARGV[4] then at = 0 end
write('DEL', KEYS[2])
put_due(KEYS[3], KEYS[4], ARGV[1], at)
return commit() or { 'ok', (at >= 0 and at <= now) and '1' or '0' }
