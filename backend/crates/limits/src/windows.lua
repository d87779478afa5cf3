-- What the scripts share. A window is a hash: h = newest bucket seen, t = running total, n = newest bucket that holds
-- something, and a field for each place in the ring (bucket modulo RING). Numbers are written with num(): Lua's own conversion makes 1.2e+14 of large ones.
local RING = 61

local function num(n)
  return string.format('%.0f', n)
end

-- Redis' own clock, so that nodes cannot disagree. Tests hand in a time; production hands in ''.
local function time_ms(given)
  if given ~= '' then
    return tonumber(given)
  end
  local now = redis.call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000)
end

-- Moves a window on to the bucket of `now`, subtracting what left it.
local function roll(key, width, now)
  local bucket = math.floor(now / width)
  local window = { key = key, width = width, head = bucket, newest = bucket - RING, total = 0, fresh = true }
  local stored = redis.call('HMGET', key, 'h', 't', 'n')
  if not stored[1] then
    return window
  end
  local head = tonumber(stored[1])
  if bucket - head >= RING then
    redis.call('DEL', key)
    return window
  end
  window.fresh = false
  window.total = tonumber(stored[2])
  window.newest = tonumber(stored[3] or stored[1])
  if bucket <= head then
    window.head = head
    return window
  end
  local passed = {}
  for i = head + 1, bucket do
    passed[#passed + 1] = num(i % RING)
  end
  local amounts = redis.call('HMGET', key, unpack(passed))
  local gone = 0
  for i = 1, #passed do
    if amounts[i] then
      gone = gone + amounts[i]
    end
  end
  if gone > 0 then
    redis.call('HDEL', key, unpack(passed))
    window.total = window.total - gone
  end
  redis.call('HSET', key, 'h', num(bucket), 't', num(window.total))
  redis.call('PEXPIRE', key, num(RING * width))
  return window
end

-- Adds to one bucket of a window that was rolled.
local function add(window, bucket, amount)
  redis.call('HINCRBY', window.key, num(bucket % RING), num(amount))
  if bucket > window.newest then
    window.newest = bucket
    redis.call('HSET', window.key, 'n', num(bucket))
  end
  if window.fresh then
    redis.call('HSET', window.key, 'h', num(window.head), 't', num(amount))
    redis.call('PEXPIRE', window.key, num(RING * window.width))
    window.fresh = false
    window.total = amount
  else
    redis.call('HINCRBY', window.key, 't', num(amount))
    window.total = window.total + amount
  end
end

-- Milliseconds until at least `excess` has left the window; -1 if it does not hold so much.
local function wait(window, excess, now)
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

-- Milliseconds until nothing is left in the window.
local function empty_ms(window, now)
  if window.total == 0 then
    return 0
  end
  return (window.newest + RING) * window.width - now
end

-- How many slots of a set are taken.
local function open_slots(key, now)
  redis.call('ZREMRANGEBYSCORE', key, '-inf', num(now))
  return redis.call('ZCARD', key)
end
