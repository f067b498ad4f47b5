#!lua
-- KEYS epoch, command, record, journal, due, jobs, open, of the service, all.
-- ARGV one JSON object: id, at, next (the record's fields), event, answer, answer_ms, due.
local wish = cjson.decode(ARGV[1])
local epoch = redis.call('GET', KEYS[1])
if not epoch then return { 'unaccepted', 'missing' } end
local answer = redis.call('GET', KEYS[2])
if answer then return { 'again', answer } end
if redis.call('EXISTS', KEYS[3], KEYS[4]) > 0 then return { 'conflict' } end
if math.abs(now - wish.at) > wish.drift_ms then return { 'clock', whole(now) } end

write('XADD', KEYS[4], '1-0', 'e', wish.event)
for field, value in pairs(wish.next) do write('HSET', KEYS[3], field, value) end
write('HSET', KEYS[3], 'epoch', epoch)
write('SADD', KEYS[7], wish.id)
write('ZADD', KEYS[8], whole(wish.at), wish.id)
write('ZADD', KEYS[9], whole(wish.at), wish.id)
for _, pair in ipairs(wish.due) do put_due(KEYS[5], KEYS[6], pair[1], pair[2]) end
write('SET', KEYS[2], wish.answer, 'PX', whole(wish.answer_ms))
return commit() or { 'ok' }
