#!lua flags=allow-oom
-- KEYS epoch, record, lease, fence, due, jobs. ARGV member, owner, length in ms.
-- Answers {ok, fence, until, taken over} or {held}. The same owner is told its own lease again, because a client repeats a
-- call whose answer was lost.
local record, refusal = accepted(KEYS[1], KEYS[2])
if not record then return refusal end
local member, owner, ends = ARGV[1], ARGV[2], now + tonumber(ARGV[3])
local lease = lease_of(KEYS[3])
if lease.held and lease.owner ~= owner then
  write('HSET', KEYS[3], 'wanted', '1')
  put_due(KEYS[5], KEYS[6], member, lease.ends)
  return commit() or { 'held' }
end
local fence = lease.fence
if not lease.held then
  local highest = tonumber(redis.call('GET', KEYS[4]) or '0')
  if not highest then return { 'wrong-kind', KEYS[4], 'text', 'number' } end
  fence = whole(highest + 1)
  write('SET', KEYS[4], fence)
end
write('HSET', KEYS[3], 'owner', owner, 'fence', fence, 'until', whole(ends), 'wanted', '0')
put_due(KEYS[5], KEYS[6], member, ends)
local taken_over = not lease.held and lease.owner and lease.owner ~= owner
return commit() or { 'ok', fence, whole(ends), taken_over and '1' or '0' }
