#!lua flags=allow-oom
-- KEYS due, jobs, and the prefixes of records, RQ's queue lists and RQ's jobs. ARGV one JSON object: move_on_ms, queues
-- (kind of member to queue), first (how the list of what goes first ends), nonce, limit; then members, or none for
-- whatever is due.
-- Answers {ok, member, queue, job id, member, ...}: those that are due and whose last job no longer stands in its queue.
-- What a member was handed to is remembered here, before anybody can enqueue it, so that none is doubled.
local DUE, JOBS, RECORDS, LISTS, RQ_JOBS = unpack(KEYS)
local wish = cjson.decode(ARGV[1])

local function queue_of(member)
  local kind, id = string.match(member, '^([^:]*):(.*)$')
  if kind ~= 'advance' then return wish.queues[kind] end
  local found = redis.call('HMGET', RECORDS .. id, 'queue', 'urgent')
  return (found[1] or 'rollbacks') .. (found[2] == '1' and wish.first or '')
end

-- Whether the last job still waits where it should. One that waits where this rollback no longer belongs is taken out.
local function waiting(member, queue)
  local last = redis.call('HGET', JOBS, member)
  if not last then return false end
  local list, job = string.match(last, '^([^:]*):(.*)$')
  if not list or not redis.call('LPOS', LISTS .. list, job) then return false end
  if list == queue then return true end
  write('LREM', LISTS .. list, '1', job)
  write('DEL', RQ_JOBS .. job)
  return false
end

local members = {}
for i = 2, #ARGV do members[i - 1] = ARGV[i] end
if #members == 0 then
  members = redis.call('ZRANGE', DUE, '-inf', whole(now), 'BYSCORE', 'LIMIT', 0, wish.limit)
end
local reply, seen = { 'ok' }, {}
for i, member in ipairs(members) do
  local score = tonumber(redis.call('ZSCORE', DUE, member) or 'inf')
  if score <= now and not seen[member] then
    seen[member] = true
    put_due(DUE, JOBS, member, now + wish.move_on_ms)
    local queue = queue_of(member)
    if queue and not waiting(member, queue) then
      local job = wish.nonce .. '-' .. i
      write('HSET', JOBS, member, queue .. ':' .. job)
      for _, word in ipairs({ member, queue, job }) do reply[#reply + 1] = word end
    end
  end
end
return commit() or reply
