#!lua flags=allow-oom
-- KEYS epoch, command, record, journal, due, jobs, open, approvals, lease, reserved.
-- ARGV one JSON object: id, at, head (expected), next (the record's fields), events ({number, text}), answer, answer_ms,
-- due ({member, when}), and where asked for lease, not_after, approve, quorum, reserve, release, adopt (it must be a stray,
-- and belongs to this epoch from then on).
local EPOCH, COMMAND, RECORD, JOURNAL, DUE, JOBS, OPEN, APPROVALS, LEASE, RESERVED = unpack(KEYS)
local wish = cjson.decode(ARGV[1])

local function approvals_of(digest)
  local who = {}
  local found = redis.call('HGETALL', APPROVALS)
  for i = 1, #found, 2 do who[found[i]] = found[i + 1] == digest or nil end
  if wish.approve then who[wish.approve[1]] = wish.approve[2] == digest or nil end
  return who
end

local function have_of(quorum)
  local who, have = approvals_of(quorum.digest), 0
  if not quorum.counting then
    for _ in pairs(who) do have = have + 1 end
    return have
  end
  for _, key in ipairs(quorum.counting) do
    if who[key] then
      have = have + 1
      who[key] = nil
    end
  end
  return have
end

local record, refusal = record_of(EPOCH, RECORD)
if not record then return refusal end
local answer = redis.call('GET', COMMAND)
if answer then return { 'again', answer } end
if record.stray and not wish.adopt then return { 'unaccepted', 'other' } end
if record.head ~= wish.head or (wish.adopt and not record.stray) then return { 'conflict' } end
local last = redis.call('XREVRANGE', JOURNAL, '+', '-', 'COUNT', 1)[1]
if not last or last[1] ~= record.seq .. '-0' then return { 'torn', last and last[1] or 'nothing', record.seq } end
if wish.lease then
  local lease = lease_of(LEASE)
  if not lease.held or lease.owner ~= wish.lease.owner or lease.fence ~= wish.lease.fence then return { 'lease-lost' } end
end
if math.abs(now - wish.at) > wish.drift_ms then return { 'clock', whole(now) } end
if wish.not_after and now > wish.not_after then return { 'too-late', whole(now) } end
if wish.quorum then
  local have = have_of(wish.quorum)
  if wish.quorum.need < 1 or have < wish.quorum.need then return { 'quorum-missing', whole(have) } end
end
for _, target in ipairs(wish.reserve or {}) do
  local holder = redis.call('HGET', RESERVED, target)
  if holder and holder ~= wish.id then return { 'busy', target, holder } end
end

for _, event in ipairs(wish.events) do write('XADD', JOURNAL, whole(event[1]) .. '-0', 'e', event[2]) end
for field, value in pairs(wish.next) do write('HSET', RECORD, field, value) end
if wish.adopt then write('HSET', RECORD, 'epoch', record.epoch) end
if wish.approve then write('HSET', APPROVALS, wish.approve[1], wish.approve[2]) end
for _, target in ipairs(wish.reserve or {}) do write('HSET', RESERVED, target, wish.id) end
if wish.release then
  local reserved = redis.call('HGETALL', RESERVED)
  for i = 1, #reserved, 2 do
    if reserved[i + 1] == wish.id then write('HDEL', RESERVED, reserved[i]) end
  end
end
if wish.next.open == '0' then write('SREM', OPEN, wish.id) end
for _, pair in ipairs(wish.due) do put_due(DUE, JOBS, pair[1], pair[2]) end
write('SET', COMMAND, wish.answer, 'PX', whole(wish.answer_ms))
return commit() or { 'ok' }
