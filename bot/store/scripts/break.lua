#!lua flags=allow-oom
-- KEYS the breaker. ARGV "1": one more call without an answer; "0": there was an answer. Then the failures that open it,
-- the first closed time in ms, the longest. Answers {ok, failures in a row}.
local KEPT = 600000
local kept = redis.call('GET', KEYS[1])
local breaker = kept and cjson.decode(kept) or { failures = 0, until_ = 0 }
if ARGV[1] == '0' then
  write('DEL', KEYS[1])
  return commit() or { 'ok', '0' }
end
breaker.failures = breaker.failures + 1
local over = breaker.failures - tonumber(ARGV[2])
if over >= 0 then
  breaker.until_ = math.max(breaker.until_, now + math.min(tonumber(ARGV[4]), tonumber(ARGV[3]) * 2 ^ math.min(over, 20)))
end
write('SET', KEYS[1], cjson.encode(breaker), 'PX', whole(KEPT))
return commit() or { 'ok', whole(breaker.failures) }
