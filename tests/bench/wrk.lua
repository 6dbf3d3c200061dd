-- What wrk tells of a run, in lines for tools/sh/bench_http.sh.
local percentiles = { 50, 75, 90, 95, 99, 99.9 }

function done(summary, latency, requests)
    local seconds = summary.duration / 1e6
    local errors = summary.errors
    local wrong = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    if summary.requests == 0 then
        return
    end
    print(string.format("rate %.1f /s", summary.requests / seconds))
    print(string.format("bytes %.2f MB/s", summary.bytes / 1e6 / seconds))
    for _, percent in ipairs(percentiles) do
        local name = string.gsub(tostring(percent), "%.", "_")
        print(string.format("p%s %.1f us", name, latency:percentile(percent)))
    end
    if wrong > 0 then
        print(string.format("errors %d n", wrong))
    end
end
