-- Stands before every script. A script checks, queues its writes with write(), and ends with commit():
-- Redis keeps what a script wrote before it failed, so nothing is written until everything that could refuse it was asked.
local clock = redis.call('TIME')
local now = tonumber(clock[1]) * 1000 + math.floor(tonumber(clock[2]) / 1000)

local function whole(number)
  return string.format('%.0f', number)
end

local KIND_OF = {
  XADD = 'stream', HSET = 'hash', HDEL = 'hash', ZADD = 'zset', ZREM = 'zset', SADD = 'set', SREM = 'set',
  SET = 'string', DEL = 'any', LREM = 'list', XTRIM = 'stream',
}
local writes = {}

local function write(command, key, ...)
  writes[#writes + 1] = { command, key, ... }
end

local function commit()
  for _, call in ipairs(writes) do
    if not redis.acl_check_cmd(unpack(call)) then return { 'forbidden', call[1], call[2] } end
    local want, is = KIND_OF[call[1]], redis.call('TYPE', call[2])['ok']
    if want ~= 'any' and is ~= 'none' and is ~= want then return { 'wrong-kind', call[2], is, want } end
  end
  for _, call in ipairs(writes) do redis.call(unpack(call)) end
  return nil
end

-- The record's fields by name, whichever epoch it is of: `stray` says that it is open and of another than the store's.
-- Or nil and the refusal: epoch missing, record missing.
local function record_of(epoch_key, record_key)
  local epoch = redis.call('GET', epoch_key)
  if not epoch then return nil, { 'unaccepted', 'missing' } end
  local found = redis.call('HMGET', record_key, 'head', 'seq', 'at', 'open', 'epoch', 'body', 'trimmed')
  if not found[1] then return nil, { 'missing' } end
  local record = { head = found[1], seq = found[2], at = found[3], open = found[4] == '1', body = found[6] }
  record.trimmed, record.epoch = found[7] or '0', epoch
  record.stray = record.open and found[5] ~= epoch
  return record
end

-- The same, with a refusal for a stray as well: what was done may be more than its record says.
local function accepted(epoch_key, record_key)
  local record, refusal = record_of(epoch_key, record_key)
  if record and record.stray then return nil, { 'unaccepted', 'other' } end
  return record, refusal
end

-- The lease as it stands: who, with which fence, until when; `held` says whether it has not run out.
local function lease_of(key)
  local found = redis.call('HMGET', key, 'owner', 'fence', 'until', 'wanted')
  local lease = { owner = found[1], fence = found[2], ends = tonumber(found[3] or '0'), wanted = found[4] == '1' }
  lease.held = lease.owner and lease.ends > now
  return lease
end

-- When somebody should look at a member: -1 never, 0 at once, otherwise Redis milliseconds. A member nobody looks at
-- needs no memory of its last job.
local function put_due(due_key, jobs_key, member, at)
  if at < 0 then
    write('ZREM', due_key, member)
    write('HDEL', jobs_key, member)
  else
    write('ZADD', due_key, whole(at == 0 and now or at), member)
  end
end
