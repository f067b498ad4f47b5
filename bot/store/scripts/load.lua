#!lua flags=no-writes
-- KEYS epoch, record. Answers {ok, now, body, trimmed}; now is never before the last event.
local record, refusal = accepted(KEYS[1], KEYS[2])
if not record then return refusal end
return { 'ok', whole(math.max(now, tonumber(record.at))), record.body, record.trimmed }
