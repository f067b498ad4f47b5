#!lua flags=allow-oom
-- KEYS epoch, record, lease, due, jobs. ARGV member, owner, fence, length in ms. Answers {ok, until}.
-- The due time follows the lease only where the lease had put it: a hold set meanwhile, or a wish to look sooner, stays.
local record, refusal = accepted(KEYS[1], KEYS[2])
if not record then return refusal end
local member, ends = ARGV[1], now + tonumber(ARGV[4])
local lease = lease_of(KEYS[3])
if not lease.held or lease.owner ~= ARGV[2] or lease.fence ~= ARGV[3] then return { 'lease-lost' } end
write('HSET', KEYS[3], 'until', whole(ends))
if tonumber(redis.call('ZSCORE', KEYS[4], member) or '-1') == lease.ends then
  put_due(KEYS[4], KEYS[5], member, ends)
end
return commit() or { 'ok', whole(ends) }
