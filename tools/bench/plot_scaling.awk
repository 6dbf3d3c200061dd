# How rates of independent work grow with CPUs, each relative to that of one CPU of the same system: a small panel for each
# kind of work.

function rate(side, work, cpus) {
    return middle[side, "scaling." work "_at_" cpus]
}

function curve(side, work, x, y, colour, dash,    i, height, before_x, before_y) {
    if (rate(side, work, 1) + 0 == 0)
        return
    for (i = 1; i <= 3; i++) {
        if (rate(side, work, cpus[i]) + 0 == 0)
            continue
        height = rate(side, work, cpus[i]) / rate(side, work, 1)
        height = height > 4 ? 4 : height
        now_x = x + (i - 1) / 2 * WIDE
        now_y = y + HIGH - height / 4 * HIGH
        if (i > 1)
            svg_line(before_x, before_y, now_x, now_y, colour, 2, dash)
        before_x = now_x
        before_y = now_y
        dot_x[i] = now_x
        dot_y[i] = now_y
    }
    for (i = 1; i <= 3; i++)
        if (i in dot_x)
            svg_dot(dot_x[i], dot_y[i], colour, side == "swos")
    delete dot_x
    delete dot_y
}

function panel(work, x, y,    i) {
    svg_text(x, y - 8, work, "start", "#111", 13)
    for (i = 0; i <= 4; i++) {
        svg_line(x, y + HIGH - i / 4 * HIGH, x + WIDE, y + HIGH - i / 4 * HIGH, i == 0 ? GREY : "#ddd", 1, "")
        svg_text(x - 6, y + HIGH - i / 4 * HIGH + 4, i, "end", "#555", 11)
    }
    for (i = 1; i <= 3; i++)
        svg_text(x + (i - 1) / 2 * WIDE, y + HIGH + 16, cpus[i], "middle", "#555", 11)
    if (peer != "")
        curve(peer, work, x, y, PEERS, "5 4")
    curve("swos", work, x, y, OURS, "")
}

END {
    WIDE = 140
    HIGH = 120
    split("1 2 4", cpus, " ")
    works = 0
    for (i = 1; i <= figures; i++)
        if (order[i] ~ /^scaling\..*_at_1$/) {
            name = order[i]
            sub(/^scaling\./, "", name)
            sub(/_at_1$/, "", name)
            work[++works] = name
        }
    rows = int((works + 3) / 4)
    svg_begin(100 + rows * 180, "Independent work on 1, 2 and 4 CPUs",
        "sum of the rates, relative to one CPU of the same system; the host has " host_cpus " CPUs")
    svg_sides(560, 62)
    for (i = 1; i <= works; i++)
        panel(work[i], 56 + (i - 1) % 4 * 188, 104 + int((i - 1) / 4) * 180)
    svg_text(WIDTH / 2, 90 + rows * 180, "CPUs of the guest", "middle", "#555", 12)
    svg_turned(18, 104 + rows * 90, "rate / rate with one CPU")
    svg_end()
}
