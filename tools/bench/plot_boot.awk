# The boot from the start of QEMU on: when each system reached what, and the levels of our kernel within.

function x_of(ms) {
    return LEFT + ms / LAST * (RIGHT - LEFT)
}

# A mark on a line, whose name is that many steps away from it. Earlier marks are given more steps, so that no name is
# crossed by the line of a later one. What is right of RIGHT is room for the name of the last.
function mark(x, y, step, text, colour, filled) {
    svg_line(x, y, x, y + step, colour, 1, "")
    svg_dot(x, y, colour, filled)
    svg_text(x + 5, y + step + (step < 0 ? 8 : 0), text, "start", "#111", 12)
}

function event(side, figure, label, y, colour, up) {
    if (has(side, figure))
        mark(x_of(middle[side, figure]), y, -up * 18, sprintf("%s %.0f ms", label, middle[side, figure]), colour,
            side == "swos")
}

function system_row(side, y, colour) {
    svg_text(LEFT - 12, y + 4, side, "end", "#111", 13)
    svg_line(LEFT, y, x_of(middle[side, "boot.first_page"]), y, colour, 6, "")
    event(side, "boot.first_line", "first line of the first process", y, colour, 3)
    event(side, "boot.services_ready", "services ready", y, colour, 2)
    event(side, "boot.first_page", "first page", y, colour, 1)
}

function levels(y,    i, figure, name, left_over, last) {
    svg_text(16, y - 24, "Within: the levels of our kernel, from the moment when QEMU starts the machine", "start", "#111", 13)
    last = middle["swos", "boot.level_other_cpus"]
    svg_line(LEFT, y, RIGHT, y, OURS, 6, "")
    for (i = 1; i <= figures; i++)
        left_over += order[i] ~ /^boot.level_/
    for (i = 1; i <= figures; i++) {
        figure = name = order[i]
        if (figure !~ /^boot.level_/)
            continue
        sub(/^boot.level_/, "", name)
        gsub(/_/, " ", name)
        mark(LEFT + middle["swos", figure] / last * (RIGHT - LEFT), y, left_over-- * 17,
            sprintf("%s %.1f ms", name, middle["swos", figure]), OURS, 1)
    }
}

END {
    LEFT = 80
    RIGHT = 650
    split("swos " peer, side, " ")
    for (i = 1; i in side; i++)
        if (middle[side[i], "boot.first_page"] > LAST)
            LAST = middle[side[i], "boot.first_page"]
    LAST = LAST > 0 ? LAST : 1
    svg_begin(470, "From the start of QEMU to the first page", "medians; milliseconds as the host sees them")
    system_row("swos", 120, OURS)
    if (peer != "")
        system_row(peer, 200, PEERS)
    step = LAST > 400 ? 100 : LAST > 100 ? 50 : 10
    svg_line(LEFT, 222, RIGHT, 222, GREY, 1, "")
    for (at = 0; at <= LAST; at += step) {
        svg_line(x_of(at), 222, x_of(at), 228, GREY, 1, "")
        svg_text(x_of(at), 242, at, "middle", "#555", 12)
    }
    svg_text(RIGHT + 16, 242, "ms", "start", "#555", 12)
    levels(306)
    svg_end()
}
