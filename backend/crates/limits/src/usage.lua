-- Tells how much of each limit is used; takes nothing.
-- KEYS: windows, then concurrency sets, of one tenant. ARGV: time ('' = Redis'), number of windows, then for each window:
-- bucket width in ms, limit. Answers, for each: what is used, and in how many ms there is room for one more (-1: there is
-- already, or time alone does not help).
local now = time_ms(ARGV[1])
local count = tonumber(ARGV[2])
local figures = {}
for i = 1, count do
  local window = roll(KEYS[i], tonumber(ARGV[2 * i + 1]), now)
  local limit = tonumber(ARGV[2 * i + 2])
  figures[#figures + 1] = num(window.total)
  figures[#figures + 1] = num(window.total < limit and -1 or wait(window, window.total + 1 - limit, now))
end
for i = count + 1, #KEYS do
  figures[#figures + 1] = num(open_slots(KEYS[i], now))
  figures[#figures + 1] = '-1'
end
return figures
