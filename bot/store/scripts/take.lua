#!lua flags=allow-oom
-- KEYS the breaker, then the buckets. ARGV asker, whether it goes first ("1" or "0"), failures that open the breaker,
-- ms for one probe, then for each bucket: burst, tokens a minute, tokens that must stay.
-- Answers {ok, ms to wait, failures in a row}: 0 ms when one token of each was taken, otherwise none was.
-- A bucket: tokens, at (the tokens are of that time; in the future: closed until then), and who waits for which moment:
-- `first` and `rest`. Moments are one token apart, so that those who wait do not all come back at once.
local LATE, KEPT = 2000, 600000
local asker, first = ARGV[1], ARGV[2] == '1'

local kept = redis.call('GET', KEYS[1])
local breaker = kept and cjson.decode(kept) or { failures = 0, until_ = 0 }
local open = breaker.failures >= tonumber(ARGV[3])
if open and breaker.until_ > now then
  return { 'ok', whole(breaker.until_ - now), whole(breaker.failures) }
end

-- The latest moment given to anybody else. Who did not come at theirs has given it up.
local function last_of(line)
  local last = nil
  for who, moment in pairs(line) do
    if moment < now - LATE then
      line[who] = nil
    elseif who ~= asker then
      last = math.max(last or 0, moment)
    end
  end
  return last
end

local function later(a, b)
  return a and b and math.max(a, b) or a or b
end

local buckets, wait = {}, 0
for i = 2, #KEYS do
  local place = 3 * i - 1
  local burst, rate, floor = tonumber(ARGV[place]), tonumber(ARGV[place + 1]) / 60000, tonumber(ARGV[place + 2])
  local text = redis.call('GET', KEYS[i])
  local bucket = text and cjson.decode(text) or { tokens = burst, at = now, first = {}, rest = {} }
  if bucket.at < now then
    bucket.tokens = math.min(burst, bucket.tokens + (now - bucket.at) * rate)
    bucket.at = now
  end
  local line = first and bucket.first or bucket.rest
  local last = last_of(bucket.first)
  local last_of_rest = last_of(bucket.rest)
  if not first then last = later(last, last_of_rest) end
  local mine = line[asker]
  local my_turn = not last or (mine and mine <= now)
  if not (my_turn and bucket.at <= now and bucket.tokens >= floor + 1) then
    local ready = bucket.at + math.max(0, floor + 1 - bucket.tokens) / rate
    if not mine or mine <= now then mine = math.ceil(math.max(ready, last and last + 1 / rate or 0, now + 1)) end
    line[asker] = mine
    wait = math.max(wait, mine - now)
  end
  buckets[i] = { key = KEYS[i], bucket = bucket, line = line }
end

for _, one in pairs(buckets) do
  if wait == 0 then
    one.bucket.tokens = one.bucket.tokens - 1
    one.line[asker] = nil
  end
  write('SET', one.key, cjson.encode(one.bucket), 'PX', whole(KEPT + math.max(0, one.bucket.at - now)))
end
if open and wait == 0 then
  breaker.until_ = now + tonumber(ARGV[4])
  write('SET', KEYS[1], cjson.encode(breaker), 'PX', whole(KEPT))
end
return commit() or { 'ok', whole(wait), whole(breaker.failures) }
