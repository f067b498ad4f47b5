#!lua flags=allow-oom
-- KEYS epoch, fence, distrusted. ARGV why, the fence that was seen ("0": none). Answers {ok, distrusted ("1" or "0")}.
-- With a fence, only if this store never gave one as high: an operator may have accepted it since that was seen.
local seen, highest = tonumber(ARGV[2]), tonumber(redis.call('GET', KEYS[2]) or '0')
if not highest then return { 'wrong-kind', KEYS[2], 'text', 'number' } end
if seen > 0 and seen <= highest then return { 'ok', '0' } end
write('HSET', KEYS[3], 'why', ARGV[1], 'at', whole(now), 'fence', whole(seen))
write('DEL', KEYS[1])
return commit() or { 'ok', '1' }
