#!lua
-- KEYS epoch, command, ids, reserve, standing, due, jobs, open, of the service, all, and the prefixes of record and journal.
-- ARGV one JSON object: id ("": the next number, the first being 1001), at, drift_ms, next (the record's fields, body left out),
-- body (the record's JSON after its id), event, head, answer_ms, due (the kinds of member that are due at once), break_glass.
-- Answers {ok, id, now}, or {again, answer} for a command already done. Without allow-oom: a full store takes no new rollback.
local EPOCH, COMMAND, IDS, RESERVE, STANDING, DUE, JOBS, OPEN, OF_SERVICE, ALL, RECORDS, JOURNALS = unpack(KEYS)
local wish = cjson.decode(ARGV[1])
local epoch = redis.call('GET', EPOCH)
if not epoch then return { 'unaccepted', 'missing' } end
local answer = redis.call('GET', COMMAND)
if answer then return { 'again', answer } end
if redis.call('EXISTS', RESERVE) == 0 then return { 'full' } end
local locked_until = redis.call('HGET', STANDING, 'locked_until') or ''
-- What is no time is a lock without an end: a lock that cannot be read blocks.
local locked = locked_until ~= '' and (locked_until == '0' or not ((tonumber(locked_until) or math.huge) <= now))
if locked and not wish.break_glass then return { 'locked' } end
local id = wish.id
if id == '' then
  local number = tonumber(redis.call('GET', IDS) or '1000')
  if not number then return { 'wrong-kind', IDS, 'text', 'number' } end
  id = 'rb-' .. whole(number + 1)
  write('SET', IDS, whole(number + 1))
end
local RECORD, JOURNAL = RECORDS .. id, JOURNALS .. id
if redis.call('EXISTS', RECORD, JOURNAL) > 0 then return { 'conflict' } end
if math.abs(now - wish.at) > wish.drift_ms then return { 'clock', whole(now) } end

write('XADD', JOURNAL, '1-0', 'e', wish.event)
for field, value in pairs(wish.next) do write('HSET', RECORD, field, value) end
write('HSET', RECORD, 'body', '{"id":' .. cjson.encode(id) .. wish.body, 'epoch', epoch)
write('SADD', OPEN, id)
write('ZADD', OF_SERVICE, whole(wish.at), id)
write('ZADD', ALL, whole(wish.at), id)
for _, kind in ipairs(wish.due) do put_due(DUE, JOBS, kind .. id, 0) end
write('SET', COMMAND, cjson.encode({ rollback = id, seq = 1, head = wish.head }), 'PX', whole(wish.answer_ms))
return commit() or { 'ok', id, whole(now) }
