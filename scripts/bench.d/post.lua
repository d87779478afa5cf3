-- What wrk sends: one Messages request, over and over. Settings come from the environment: BENCH_KEY, BENCH_BODY.
-- At the end it prints how many answers came whole, and how many were not what they should be.

wrk.method = "POST"
wrk.body = os.getenv("BENCH_BODY")
wrk.headers["content-type"] = "application/json"
wrk.headers["anthropic-version"] = "2023-06-01"
wrk.headers["x-api-key"] = os.getenv("BENCH_KEY")

function done(summary, latency, requests)
  local errors = summary.errors
  local wrong = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format("answers %d wrong %d\n", summary.requests, wrong))
end
