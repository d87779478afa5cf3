-- What both scripts share. A window is a hash: h = newest bucket, t = running total, and a field for each place in the
-- ring (bucket modulo RING). Numbers are written with num(): Lua's own conversion makes 1.2e+14 of large ones.
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
  local window = { key = key, width = width, head = bucket, total = 0, fresh = true }
  local stored = redis.call('HMGET', key, 'h', 't')
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
