-- Admits one request or says which limit refuses it; all or nothing.
-- KEYS: windows, then concurrency sets, then (if given) the sticky entry; all with the tenant's hash tag.
-- ARGV: time ('' = Redis'), slot, slot's life in ms, sticky's life in s, number of windows, number of sets,
--       then for each window: bucket width in ms, limit, 1 if it counts the request itself; then each set's limit.
-- Answers {1, sticky account or ''} or {0, number of the limit (windows, then sets), used, wait in ms or -1}.
local now = time_ms(ARGV[1])
local windows, sets = tonumber(ARGV[5]), tonumber(ARGV[6])

-- Milliseconds until at least `excess` has left the window.
local function wait(window, excess)
  local first = window.head - RING + 1
  local fields = {}
  for i = first, window.head do
    fields[#fields + 1] = num(i % RING)
  end
  local amounts = redis.call('HMGET', window.key, unpack(fields))
  local sum = 0
  for i = 1, RING do
    if amounts[i] then
      sum = sum + amounts[i]
      if sum >= excess then
        return (first + i - 1 + RING) * window.width - now
      end
    end
  end
  return -1
end

local counted = {}
local refused
for i = 1, windows do
  local arg = 6 + 3 * (i - 1)
  local limit = tonumber(ARGV[arg + 2])
  local window = roll(KEYS[i], tonumber(ARGV[arg + 1]), now)
  if window.total >= limit then
    local ms = wait(window, window.total + 1 - limit)
    if not refused or (refused[4] ~= -1 and (ms == -1 or ms > refused[4])) then
      refused = { 0, i, window.total, ms }
    end
  elseif ARGV[arg + 3] == '1' then
    counted[#counted + 1] = window
  end
end
if not refused then
  for i = 1, sets do
    local key, limit = KEYS[windows + i], tonumber(ARGV[6 + 3 * windows + i])
    redis.call('ZREMRANGEBYSCORE', key, '-inf', num(now))
    local open = redis.call('ZCARD', key)
    if open >= limit then
      refused = { 0, windows + i, open, -1 }
      break
    end
  end
end
if refused then
  return { num(refused[1]), num(refused[2]), num(refused[3]), num(refused[4]) }
end

for _, window in ipairs(counted) do
  add(window, window.head, 1)
end
for i = 1, sets do
  local key = KEYS[windows + i]
  redis.call('ZADD', key, num(now + ARGV[3]), ARGV[2])
  redis.call('PEXPIRE', key, ARGV[3])
end
local sticky = false
if KEYS[windows + sets + 1] then
  sticky = redis.call('GETEX', KEYS[windows + sets + 1], 'EX', ARGV[4])
end
return { '1', sticky or '', '', '' }
