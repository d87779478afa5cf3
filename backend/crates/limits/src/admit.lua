-- Admits one request or says which limit refuses it; all or nothing.
-- KEYS: windows, then concurrency sets, then (if given) the sticky entry; all with the tenant's hash tag.
-- ARGV: time ('' = Redis'), number of windows, number of sets, slot, slot's life in ms, sticky's life in s,
--       then for each window: bucket width in ms, limit, 1 if it counts the request itself; then each set's limit.
-- Answers {1, sticky account or '', figures} or {0, 'number of the limit (windows, then sets), used, wait in ms or -1',
-- figures}; the figures are, for each window, what is used of it and in how many ms it will be empty.
local now = time_ms(ARGV[1])
local count, sets = tonumber(ARGV[2]), tonumber(ARGV[3])

local windows = {}
local refused
for i = 1, count do
  local arg = 6 + 3 * (i - 1)
  local limit = tonumber(ARGV[arg + 2])
  local window = roll(KEYS[i], tonumber(ARGV[arg + 1]), now)
  windows[i] = window
  if window.total >= limit then
    local ms = wait(window, window.total + 1 - limit, now)
    if not refused or (refused[3] ~= -1 and (ms == -1 or ms > refused[3])) then
      refused = { i, window.total, ms }
    end
  end
end
if not refused then
  for i = 1, sets do
    local open = open_slots(KEYS[count + i], now)
    if open >= tonumber(ARGV[6 + 3 * count + i]) then
      refused = { count + i, open, -1 }
      break
    end
  end
end

local sticky = false
if not refused then
  for i, window in ipairs(windows) do
    if ARGV[6 + 3 * i] == '1' then
      add(window, window.head, 1)
    end
  end
  for i = 1, sets do
    local key = KEYS[count + i]
    redis.call('ZADD', key, num(now + ARGV[5]), ARGV[4])
    redis.call('PEXPIRE', key, ARGV[5])
  end
  if KEYS[count + sets + 1] then
    sticky = redis.call('GETEX', KEYS[count + sets + 1], 'EX', ARGV[6])
  end
end

local figures = {}
for _, window in ipairs(windows) do
  figures[#figures + 1] = num(window.total)
  figures[#figures + 1] = num(empty_ms(window, now))
end
figures = table.concat(figures, ' ')
if refused then
  return { '0', num(refused[1]) .. ' ' .. num(refused[2]) .. ' ' .. num(refused[3]), figures }
end
return { '1', sticky or '', figures }
