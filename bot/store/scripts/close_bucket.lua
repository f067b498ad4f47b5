#!lua flags=allow-oom
-- KEYS the buckets. ARGV ms for which nobody takes from them. Answers {ok}.
local KEPT, ends = 600000, now + tonumber(ARGV[1])
for _, key in ipairs(KEYS) do
  local text = redis.call('GET', key)
  local bucket = text and cjson.decode(text) or { tokens = 1, at = now, first = {}, rest = {} }
  bucket.tokens = math.min(1, bucket.tokens)
  bucket.at = math.max(bucket.at, ends)
  write('SET', key, cjson.encode(bucket), 'PX', whole(KEPT + math.max(0, bucket.at - now)))
end
return commit() or { 'ok' }
