#!lua
-- KEYS due, jobs, then one RQ queue list a member. ARGV ms to move on, then the members.
-- Answers {ok, member, member, ...}: those that are due and whose last job no longer stands in its queue.
local reply = { 'ok' }
for i = 2, #ARGV do
  local member, queue = ARGV[i], KEYS[i + 1]
  local score = tonumber(redis.call('ZSCORE', KEYS[1], member) or 'inf')
  if score <= now then
    put_due(KEYS[1], KEYS[2], member, now + tonumber(ARGV[1]))
    local job = redis.call('HGET', KEYS[2], member)
    if not job or not redis.call('LPOS', queue, job) then reply[#reply + 1] = member end
  end
end
return commit() or reply
