# How long answers take: percentiles of requests for 1 KiB at 1, 16 and 64 connections, a panel each.

function y_of(us) {
    us = us < LOW ? LOW : us > TALL ? TALL : us
    return TOP + HIGH - (log10(us) - log10(LOW)) / (log10(TALL) - log10(LOW)) * HIGH
}

function curve(side, connections, x, colour, dash,    i, figure, before_x, before_y, now_x, now_y) {
    for (i = 1; i <= 6; i++) {
        figure = "http.1k_at_" connections ".p" percent[i]
        if (!has(side, figure))
            return
        now_x = x + (i - 1) / 5 * WIDE
        now_y = y_of(middle[side, figure])
        if (i > 1)
            svg_line(before_x, before_y, now_x, now_y, colour, 2, dash)
        svg_dot(now_x, now_y, colour, side == "swos")
        before_x = now_x
        before_y = now_y
    }
}

function panel(connections, x,    i, us, label) {
    svg_text(x, TOP - 10, connections (connections == 1 ? " connection" : " connections"), "start", "#111", 13)
    for (us = LOW; us <= TALL; us *= 10) {
        label = us < 1000 ? us " µs" : us < 1000000 ? us / 1000 " ms" : us / 1000000 " s"
        svg_line(x, y_of(us), x + WIDE, y_of(us), us == LOW ? GREY : "#ddd", 1, "")
        svg_text(x - 6, y_of(us) + 4, label, "end", "#555", 11)
    }
    for (i = 1; i <= 6; i++) {
        label = percent[i]
        sub(/_/, ".", label)
        svg_text(x + (i - 1) / 5 * WIDE, TOP + HIGH + 16, label, "middle", "#555", 11)
    }
    if (peer != "")
        curve(peer, connections, x, PEERS, "5 4")
    curve("swos", connections, x, OURS, "")
}

END {
    WIDE = 170
    HIGH = 220
    TOP = 100
    LOW = 100
    TALL = 1000000
    split("50 75 90 95 99 99_9", percent, " ")
    svg_begin(TOP + HIGH + 60, "How long a request for 1 KiB takes", "keep-alive, from the host; logarithmic scale")
    svg_sides(560, 62)
    panel(1, 76)
    panel(16, 326)
    panel(64, 576)
    svg_text(WIDTH / 2, TOP + HIGH + 42, "percentile of requests", "middle", "#555", 12)
    svg_end()
}
