# Bars of what a thing costs here, relative to the peer, on a logarithmic scale. Of a rate it is the inverse, so that shorter is
# better everywhere; a mark shows what each is held to.

function x_of(cost) {
    cost = cost < LOW ? LOW : cost > HIGH ? HIGH : cost
    return LEFT + (log10(cost) - log10(LOW)) / (log10(HIGH) - log10(LOW)) * (RIGHT - LEFT)
}

function cost_of(figure, ratio) {
    return sense[figure] == "more" ? 1 / ratio : ratio
}

# One row; those with both sides and a bound.
function bar(figure, y,    cost, wanted, met) {
    cost = cost_of(figure, ratio_of(figure))
    wanted = cost_of(figure, bound[figure])
    met = cost <= wanted
    svg_text(LEFT - 8, y + 11, figure, "end", "#111", 12)
    svg_rect(LEFT, y + 1, x_of(cost) - LEFT, 12, met ? OURS : PEERS)
    svg_line(x_of(wanted), y - 1, x_of(wanted), y + 15, "#111", 2, "")
    svg_text(x_of(cost > wanted ? cost : wanted) + 6, y + 11, sprintf("%.2f", cost), "start", "#111", 12)
}

END {
    LEFT = 190
    RIGHT = 740
    LOW = 0.05
    HIGH = 5
    TOP = 92
    rows = 0
    for (i = 1; i <= figures; i++)
        if (ratio_of(order[i]) != 0 && has_bound(bound, order[i]))
            row[++rows] = order[i]
    bottom = TOP + rows * 18 + 4
    svg_begin(bottom + 48, "What it costs, relative to " peer, "of a rate the inverse: shorter is better; logarithmic scale")
    svg_rect(LEFT, 58, 14, 12, OURS)
    svg_text(LEFT + 20, 68, "keeps what it is held to", "start", "#111", 12)
    svg_rect(LEFT + 200, 58, 14, 12, PEERS)
    svg_text(LEFT + 220, 68, "does not yet", "start", "#111", 12)
    svg_line(LEFT + 330, 56, LEFT + 330, 72, "#111", 2, "")
    svg_text(LEFT + 338, 68, "held to", "start", "#111", 12)
    split("0.05 0.1 0.2 0.5 1 2 5", tick, " ")
    for (i = 1; i in tick; i++) {
        svg_line(x_of(tick[i]), TOP - 6, x_of(tick[i]), bottom, tick[i] == 1 ? "#555" : "#ddd", tick[i] == 1 ? 1.5 : 1, "")
        svg_text(x_of(tick[i]), bottom + 16, tick[i] "×", "middle", "#555", 12)
    }
    for (i = 1; i <= rows; i++)
        bar(row[i], TOP + (i - 1) * 18)
    svg_text((LEFT + RIGHT) / 2, bottom + 36, "cost here / cost on " peer " (1× is the same)", "middle", "#555", 12)
    svg_end()
}
