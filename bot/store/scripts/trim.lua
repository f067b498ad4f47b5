#!lua flags=allow-oom
-- KEYS epoch, record, journal. ARGV the number up to which the journal is kept elsewhere. Answers {ok, trimmed} or {open}.
-- The last event always stays: the next one is chained to it.
local record, refusal = accepted(KEYS[1], KEYS[2])
if not record then return refusal end
if record.open then return { 'open' } end
local upto = math.min(tonumber(ARGV[1]), tonumber(record.seq) - 1)
if upto <= tonumber(record.trimmed) then return { 'ok', record.trimmed } end
write('XTRIM', KEYS[3], 'MINID', '=', whole(upto + 1) .. '-0')
write('HSET', KEYS[2], 'trimmed', whole(upto))
return commit() or { 'ok', whole(upto) }
