-- Adds what a request used to its windows, in the bucket of the moment it was used.
-- KEYS: windows of one tenant. ARGV: time ('' = Redis'), age of the use in ms, then for each window: bucket width in
-- ms, amount. What is older than its window is dropped.
local now = time_ms(ARGV[1])
for i = 1, #KEYS do
  local width = tonumber(ARGV[2 * i + 1])
  local window = roll(KEYS[i], width, now)
  local bucket = math.floor((now - ARGV[2]) / width)
  if bucket > window.head - RING then
    add(window, math.min(bucket, window.head), tonumber(ARGV[2 * i + 2]))
  end
end
return 1
