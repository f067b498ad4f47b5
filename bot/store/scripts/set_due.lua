#!lua flags=allow-oom
-- KEYS due, jobs, record, and for a member that works under a lease, lease. ARGV member, when, head or nothing.
-- Answers {ok, as asked, due now}. With a head: if the rollback has moved since, it is due at once instead.
local at, as_asked = tonumber(ARGV[2]), true
if ARGV[3] ~= '' and redis.call('HGET', KEYS[3], 'head') ~= ARGV[3] then at, as_asked = 0, false end
local due_now = at >= 0 and at <= now
put_due(KEYS[1], KEYS[2], ARGV[1], at)
-- The holder may have looked before this was asked for, and would otherwise put its own due time over it.
if due_now and KEYS[4] and redis.call('EXISTS', KEYS[4]) == 1 then write('HSET', KEYS[4], 'wanted', '1') end
return commit() or { 'ok', as_asked and '1' or '0', due_now and '1' or '0' }
