# Reads trace events, one a line as tools/trace/chrome.c writes them, and prints what is wrong with them: an event out of
# the order of time; an end without a begin on its track, or that ends another than the innermost; a begin that
# never ends; a track of a process that has no name. Then lines `count CATEGORY PROCESS NAME N` of begun spans.

function value(line, key,    at, rest)
{
    at = index(line, "\"" key "\":")
    if (at == 0)
        return ""
    rest = substr(line, at + length(key) + 3)
    if (substr(rest, 1, 1) == "\"") {
        rest = substr(rest, 2)
        return substr(rest, 1, index(rest, "\"") - 1)
    }
    match(rest, /^[-0-9.]+/)
    return substr(rest, 1, RLENGTH)
}

function wrong(why)
{
    if (++errors <= 5)
        print "line " NR ": " why
}

NR == 1 {
    if ($0 != "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[")
        wrong("not how the file begins")
    next
}

$0 == "]}" { closed = NR; next }

{
    events++
    if ($0 !~ /^\{"ph":"[BEibeM]",.*\},?$/)
        wrong("not an event: " $0)
    phase = value($0, "ph")
    process = value($0, "pid")
    track = process "/" value($0, "tid")
}

phase == "M" {
    if (index($0, "\"name\":\"process_name\"")) {
        name = $0
        sub(/.*"args":\{"name":"/, "", name)
        sub(/".*/, "", name)
        names[process] = name
    }
    next
}

{
    time = value($0, "ts")
    if (time == "")
        wrong("no time")
    if (time + 0 < last + 0)
        wrong("at " time " after " last)
    last = time
    if (!(process in names))
        wrong("process " process " has no name")
}

phase == "B" {
    depth[track]++
    who = names[process] == "CPUs" ? "cpus" : names[process]
    spans[value($0, "cat") " " who " " value($0, "name")]++
}

phase == "E" && --depth[track] < 0 {
    wrong("an end without a begin on track " track)
    depth[track] = 0
}

phase == "b" { open_requests[value($0, "id")]++ }
phase == "e" && --open_requests[value($0, "id")] < 0 { wrong("a request's end without its begin") }

END {
    for (track in depth)
        if (depth[track] != 0)
            wrong(depth[track] " begins never end on track " track)
    for (id in open_requests)
        if (open_requests[id] != 0)
            wrong("request " id " never ends")
    if (closed != NR)
        wrong("not how the file ends")
    if (events < 100)
        wrong("only " events + 0 " events")
    for (span in spans)
        print "count " span, spans[span]
}
